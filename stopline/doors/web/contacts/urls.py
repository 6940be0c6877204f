from django.urls import path

from stopline.doors.web.contacts import (
    editing,
    finder,
    listed,
    listing,
    page,
    proof,
    resubscribing,
    unsubscribing,
)

urlpatterns = [
    path("", listing.contacts, name="contacts"),
    path("search/", finder.search, name="search"),
    path("add/", editing.add, name="add_contact"),
    path("unsubscribe/", unsubscribing.unsubscribe, name="unsubscribe"),
    path("resubscribe/", resubscribing.resubscribe, name="resubscribe"),
    path("evidence/<uuid:file_id>/", proof.evidence_file, name="evidence_file"),
    path("lists/", listed.lists, name="lists"),
    path("lists/create/", listed.create, name="create_list"),
    path("lists/add/", listed.add_contacts, name="add_to_list"),
    path("lists/<uuid:list_id>/rename/", listed.rename, name="rename_list"),
    path("lists/<uuid:list_id>/delete/", listed.delete, name="delete_list"),
    path("<uuid:contact_id>/", page.contact, name="contact"),
    path("<uuid:contact_id>/edit/", editing.edit, name="edit_contact"),
    path("<uuid:contact_id>/delete/", editing.delete, name="delete_contact"),
    path("<uuid:contact_id>/forget/", editing.forget, name="forget_contact"),
    path("<uuid:contact_id>/lists/add/", page.add_list, name="join_list"),
    path("<uuid:contact_id>/lists/remove/", page.remove_list, name="leave_list"),
]
