from django.urls import include, path

handler400 = "stopline.doors.web.errors.bad_request"
handler403 = "stopline.doors.web.errors.forbidden"
handler404 = "stopline.doors.web.errors.not_found"
handler429 = "stopline.doors.web.errors.too_many"  # django-allauth's, for its rate limits
handler500 = "stopline.doors.web.errors.broken"

urlpatterns = [
    path("", include("stopline.doors.web.urls")),
]
