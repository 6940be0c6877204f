from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedFiles(ManifestStaticFilesStorage):
    """Names carry the content's hash, imports inside ES modules too, so browsers may keep files for ever."""

    support_js_module_import_aggregation = True
