from django.urls import re_path

from stopline.doors.web.preferences import brand, page

# With the slash or without: a POST must not be redirected to the other.
urlpatterns = [
    re_path(r"^(?P<token>[^/]+)/?$", page.page, name="preferences"),
    re_path(r"^(?P<token>[^/]+)/logo$", brand.logo, name="preferences_logo"),
    re_path(r"^(?P<token>[^/]+)/colour\.css$", brand.colour, name="preferences_colour"),
    re_path(r"^(?P<rest>.*)$", page.missing),
]
