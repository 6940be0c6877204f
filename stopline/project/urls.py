from django.urls import include, path

urlpatterns = [
    path("", include("stopline.doors.web.urls")),
]
