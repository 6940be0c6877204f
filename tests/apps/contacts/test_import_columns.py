"""Columns are recognised by the names people give them."""

import pytest

from stopline.apps.contacts.importing import columns


@pytest.mark.parametrize(
    ("header", "becomes"),
    [
        ("First name,Last name,Mobile,E-mail,Notes", "first_name last_name phone email notes"),
        ("Vorname,Nachname,Handynummer,E-Mail-Adresse,Bemerkungen", "first_name last_name phone email notes"),
        ("Prénom,Nom,Téléphone portable,Adresse e-mail,Remarques", "first_name last_name phone email notes"),
        (
            "Nombre,Apellidos,Teléfono móvil,Correo electrónico,Notas",
            "first_name last_name phone email notes",
        ),
        ("Nome,Sobrenome,Celular,E-mail,Observações", "first_name last_name phone email notes"),
        ("Nome,Cognome,Cellulare,Indirizzo e-mail,Note", "first_name last_name phone email notes"),
        ("Voornaam,Achternaam,Mobiel,E-mailadres,Opmerkingen", "first_name last_name phone email notes"),
        ("Full Name,Phone Number", "name phone"),
        ("name,first_name,phone", "- first_name phone"),
        ("Phone,Mobile", "- phone"),
        ("Phone,Unsubscribed", "phone unsubscribed:all"),
        (
            "Phone,SMS opt-out,Email unsubscribed,whatsapp_opted_out",
            "phone unsubscribed:sms unsubscribed:email unsubscribed:whatsapp",
        ),
        ("Telefon,Abgemeldet", "phone unsubscribed:all"),
        ("Phone,Do not contact", "phone unsubscribed:all"),
        ("Phone,Subscribed,Opt-in", "phone - -"),
        ("Phone,Status", "phone -"),
        ("Line,Reason,Phone", "- - phone"),
    ],
)
def test_names_in_seven_languages_are_recognised(header, becomes):
    names = header.split(",")

    guessed = columns.guess(names, [], [])

    assert " ".join(guessed.get(str(index), "-") for index in range(len(names))) == becomes


def test_a_status_column_is_one_of_subscription_where_its_cells_are():
    header = ["Phone", "Status"]

    assert columns.guess(header, [["1", "Unsubscribed"], ["2", "subscribed"]], []) == {
        "0": "phone",
        "1": "unsubscribed:all",
    }
    assert columns.guess(header, [["1", "New lead"], ["2", "active"]], []) == {"0": "phone"}


def test_addresses_are_recognised_by_what_is_in_them():
    guessed = columns.guess(["A", "B"], [["+49 151 23456789", "jo@x.org"], ["", "mo@x.org"]], [])

    assert guessed == {"0": "phone", "1": "email"}
