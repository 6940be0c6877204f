from django.urls import path

from stopline.doors.web.support import views

urlpatterns = [
    path("", views.panel, name="support"),
    path("messages/", views.messages, name="support_messages"),
    path("unread/", views.unread, name="support_unread"),
]
