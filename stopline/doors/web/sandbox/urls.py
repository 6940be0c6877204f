from django.urls import path

from stopline.doors.web.sandbox import views

urlpatterns = [
    path("", views.sandbox, name="sandbox"),
    path("contacts/", views.contacts, name="sandbox_contacts"),
]
