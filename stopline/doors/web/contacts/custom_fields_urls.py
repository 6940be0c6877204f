from django.urls import path

from stopline.doors.web.contacts import custom_fields

urlpatterns = [
    path("", custom_fields.custom_fields, name="custom_fields"),
    path("add/", custom_fields.create, name="add_field"),
    path("<uuid:field_id>/rename/", custom_fields.rename, name="rename_field"),
    path("<uuid:field_id>/delete/", custom_fields.delete, name="delete_field"),
]
