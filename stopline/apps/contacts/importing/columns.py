"""What a column of a file can become, guessed from its name in seven languages, and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stopline.apps.contacts.csv_cells import says_unsubscribed
from stopline.apps.contacts.models import CustomField
from stopline.apps.contacts.search import fold
from stopline.rules.errors import InvalidInput
from stopline.rules.words import CONSENT_CHANNELS

CUSTOM = "custom:"
UNSUBSCRIBED = "unsubscribed:"
ALL = "all"  # behind UNSUBSCRIBED: every channel
Chosen = Mapping[str, str]  # {column index as text: target key}
Propose = Callable[[str, Sequence[str]], str]  # a column's name and sample cells to a target key, or nothing


@dataclass(frozen=True, slots=True)
class Target:
    key: str
    label: str
    group: str


BUILT_IN = (
    Target("first_name", "First name", "Contact"),
    Target("last_name", "Last name", "Contact"),
    Target("name", "Full name", "Contact"),
    Target("phone", "Phone", "Contact"),
    Target("email", "E-mail", "Contact"),
    Target("notes", "Notes", "Contact"),
    Target("lists", "Lists (names, separated by ;)", "Contact"),
)
OPT_OUTS = (
    Target(f"{UNSUBSCRIBED}{ALL}", "Unsubscribed on every channel", "Subscription"),
    *(
        Target(f"{UNSUBSCRIBED}{channel}", f"Unsubscribed on {channel.label}", "Subscription")
        for channel in CONSENT_CHANNELS
    ),
)

# Column names without case, accents, spaces and punctuation. The first row that finds a free target wins.
NAMES = {
    "first_name": "firstname first givenname forename vorname prenom nombre nombres nome primeironome "
    "voornaam",
    "last_name": "lastname last surname familyname nachname familienname zuname nom nomdefamille apellido "
    "apellidos sobrenome apelido cognome achternaam",
    "phone": "mobile mobilephone mobilenumber mobilephonenumber cell cellphone cellular handy handynummer "
    "mobil mobiltelefon mobilnummer mobilfunk movil celular telefonomovil numeromovil portable "
    "telephoneportable telemovel cellulare mobiel mobielnummer gsm msisdn",
    "email": "email emailaddress mail mailaddress courriel correo correoelectronico adressemail adresseemail "
    "emailadresse mailadresse indirizzoemail postaelettronica enderecodeemail emailadres email1value epost",
    "notes": "notes note comment comments remark remarks notiz notizen bemerkung bemerkungen kommentar notas "
    "nota comentario comentarios observaciones observacoes remarque remarques commentaire commentaires "
    "annotazioni commenti notities opmerking opmerkingen",
    "lists": "lists list liste listen listas listes lijsten",
}
# Where no column had one of the names above.
SECOND = {
    "phone": "phone phonenumber telephone telephonenumber tel telefon telefonnummer rufnummer telefono "
    "numerodetelefono numerodetelephone numero telefone numeroditelefono telefoon telefoonnummer number "
    "primaryphone phone1value smsnumber whatsappnumber sms whatsapp",
    "name": "name fullname contact contactname displayname nombrecompleto nomcomplet nomecompleto "
    "vollstandigername naam volledigenaam kontakt contacto contatto",
}
OPT_OUT_NAME = re.compile(
    r"unsub|opt[ _-]?(ed)?[ _-]?out|do[ _-]?not|\bdnc\b|blacklist|blocklist|suppress|\bbaja\b|desinscri|"
    r"desabonn|abgemeldet|abmeld|afgemeld|uitgeschreven|disiscri|descadastr|\bstop(ped)?\b"
)
STATUS_NAME = re.compile(r"\b(status|estado|statut|stato|standing)\b")
CHANNEL_WORDS = {
    "sms": r"sms|text",
    "mms": r"mms",
    "whatsapp": r"whats ?app|\bwa\b",
    "rcs": r"rcs",
    "email": r"e-?mail|courriel|correo|\bmail",
}
EMAIL = re.compile(r"\S+@\S+\.\S+")
PHONE = re.compile(r"\+\d[\d\s()./-]{6,}")


def targets(fields: Iterable[CustomField]) -> list[Target]:
    """Everything a column can become, in the order people see it."""
    custom = [Target(f"{CUSTOM}{field.key}", field.label, "Custom fields") for field in fields]
    return [*BUILT_IN, *custom, *OPT_OUTS]


def marks(mapping: Chosen) -> bool:
    """Whether a column of this mapping unsubscribes."""
    return any(target.startswith(UNSUBSCRIBED) for target in mapping.values())


def guess(
    header: Sequence[str], samples: Sequence[Sequence[str]], fields: Iterable[CustomField]
) -> dict[str, str]:
    """The mapping a person would most likely choose; each target once, unknown columns left out."""
    columns = [[row[index] for row in samples if index < len(row)] for index in range(len(header))]
    labels = {_plain(field.label): f"{CUSTOM}{field.key}" for field in fields}
    found: dict[str, str] = {}
    for propose in (_opt_out, _named(NAMES), _known(labels), _named(SECOND), _by_content):
        for index, name in enumerate(header):
            target = propose(name, columns[index])
            if target and str(index) not in found and target not in found.values():
                found[str(index)] = target
    if {"first_name", "last_name"} & set(found.values()):
        found = {index: target for index, target in found.items() if target != "name"}
    return {index: found[index] for index in sorted(found, key=int)}


def check(mapping: Chosen, header: Sequence[str], known: Iterable[Target]) -> None:
    """Raises InvalidInput where no contact could be told from another, or two columns become the same."""
    labels = {target.key: target.label for target in known}
    columns: dict[str, str] = {}
    for index, target in mapping.items():
        name = header[int(index)] or f"column {int(index) + 1}"
        if target not in labels:
            raise InvalidInput(f"“{name}” can't become “{target}”.", "Choose one of the listed meanings")
        if target in columns:
            raise InvalidInput(
                f"“{columns[target]}” and “{name}” both become {labels[target]}, and a contact has one.",
                "Leave one of the two columns out",
            )
        columns[target] = name
    if "name" in columns and {"first_name", "last_name"} & set(columns):
        raise InvalidInput(
            "Full name can't be combined with First name or Last name.", "Leave one of these columns out"
        )
    if not {"phone", "email"} & set(columns):
        raise InvalidInput(
            "No column becomes Phone or E-mail, so contacts couldn't be told apart or messaged.",
            "Choose the column that holds the phone number or the e-mail address",
        )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(name))


def _named(names: Mapping[str, str]) -> Propose:
    return _known({word: target for target, words in names.items() for word in words.split()})


def _known(targets: Mapping[str, str]) -> Propose:
    return lambda name, _cells: targets.get(_plain(name), "")


def _opt_out(name: str, cells: Sequence[str]) -> str:
    """A name that says opt-out; or a status, where the cells are those of a subscription."""
    folded = fold(name).replace("_", " ")
    channels = [channel for channel, words in CHANNEL_WORDS.items() if re.search(words, folded)]
    if not OPT_OUT_NAME.search(folded) and not (
        STATUS_NAME.search(folded) and _of_subscription(channels, cells)
    ):
        return ""
    return f"{UNSUBSCRIBED}{channels[0] if len(channels) == 1 else ALL}"


def _of_subscription(channels: Sequence[str], cells: Sequence[str]) -> bool:
    readable = all(says_unsubscribed(cell) is not None for cell in cells)
    return readable and (bool(channels) or any("subscri" in fold(cell) for cell in cells))


def _by_content(_name: str, cells: Sequence[str]) -> str:
    filled = [cell for cell in cells if cell.strip()]
    if filled and all(EMAIL.fullmatch(cell.strip()) for cell in filled):
        return "email"
    if filled and all(PHONE.fullmatch(cell.strip().lstrip("'")) for cell in filled):
        return "phone"
    return ""
