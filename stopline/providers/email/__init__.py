"""E-mail: a mail server of the account's own (SMTP), or one of eight services. All compose and read alike."""

from collections.abc import Callable

from stopline.providers.base import Agreement, Field, Provider, Receiver, Sender
from stopline.providers.email.services.amazon_ses import AmazonSesReceiver, AmazonSesSender
from stopline.providers.email.services.brevo import BrevoReceiver, BrevoSender
from stopline.providers.email.services.mailgun import MailgunReceiver, MailgunSender
from stopline.providers.email.services.mailjet import MailjetReceiver, MailjetSender
from stopline.providers.email.services.postmark import PostmarkReceiver, PostmarkSender
from stopline.providers.email.services.resend import ResendReceiver, ResendSender
from stopline.providers.email.services.sendgrid import SendGridReceiver, SendGridSender
from stopline.providers.email.services.sparkpost import SparkPostReceiver, SparkPostSender
from stopline.providers.email.smtp.receiver import SmtpReceiver
from stopline.providers.email.smtp.sender import SmtpSender
from stopline.providers.email.suppressions.amazon_ses import AmazonSesSuppressions
from stopline.providers.email.suppressions.brevo import BrevoSuppressions
from stopline.providers.email.suppressions.mailgun import MailgunSuppressions
from stopline.providers.email.suppressions.mailjet import MailjetSuppressions
from stopline.providers.email.suppressions.postmark import PostmarkSuppressions
from stopline.providers.email.suppressions.resend import ResendSuppressions
from stopline.providers.email.suppressions.sendgrid import SendGridSuppressions
from stopline.providers.email.suppressions.sparkpost import SparkPostSuppressions
from stopline.rules.words import Channel

LARGEST = 25_000_000  # bytes of a webhook's body: a mail with its attachments, as most services limit it
NAME = Field("from_name", "From name", "What people see beside the address.", required=False)
REPLY_TO = Field(
    "reply_to", "Reply-to address", "Where answers go, if not to the From address.", required=False
)
COMMON = (NAME, REPLY_TO)
REGION = Field(
    "region", "Region", kind="choice", choices=(("us", "US"), ("eu", "EU")), initial="us", required=False
)


def _by_mail(
    label: str,
    sender: Callable[[], Sender],
    receiver: Callable[[], Receiver],
    *fields: Field,
    agreement: Callable[[], Agreement] | None = None,
) -> Provider:
    return Provider(
        label,
        (Channel.EMAIL,),
        sender,
        receiver,
        (*fields, *COMMON),
        sender_label="From address",
        sender_help="The mailbox people see and answer, like hello@example.com.",
        largest_body=LARGEST,
        agreement=agreement,
    )


def _key(label: str = "API key", help_text: str = "") -> Field:
    return Field("api_key", label, help_text, secret=True)


SMTP = _by_mail(
    "SMTP",
    SmtpSender,
    SmtpReceiver,
    Field("host", "Mail server", "Like smtp.example.com."),
    Field("port", "Port", "If it isn't 465 for TLS or 587 for STARTTLS.", required=False, kind="number"),
    Field(
        "security",
        "Encryption",
        kind="choice",
        choices=(("starttls", "STARTTLS"), ("tls", "TLS"), ("none", "None (only inside your own network)")),
        initial="starttls",
    ),
    Field("user", "User name", required=False),
    Field("password", "Password", secret=True, required=False),
    Field(
        "at_once",
        "Connections at once",
        "How many your mail server takes from one client; 5 where you leave it empty.",
        required=False,
        kind="number",
    ),
    Field(
        "bounces",
        "Bounce address",
        "Optional. Returned mail goes to it with the message's id behind a plus, so that each finds its message: "
        "bounces@example.com becomes bounces+ID@example.com.",
        required=False,
    ),
)
SERVICES = {
    "amazon_ses": _by_mail(
        "Amazon SES",
        AmazonSesSender,
        AmazonSesReceiver,
        Field("region", "Region", "Like eu-west-1."),
        Field(
            "access_key_id",
            "Access key ID",
            "Of a user who may ses:SendEmail and change the suppression list.",
            secret=True,
        ),
        Field("secret_access_key", "Secret access key", secret=True),
        Field(
            "configuration_set", "Configuration set", "Publishes events to your SNS topic.", required=False
        ),
        Field("topic_arn", "SNS topic", "Its ARN; others are refused then.", required=False),
        agreement=AmazonSesSuppressions,
    ),
    "brevo": _by_mail("Brevo", BrevoSender, BrevoReceiver, _key(), agreement=BrevoSuppressions),
    "mailgun": _by_mail(
        "Mailgun",
        MailgunSender,
        MailgunReceiver,
        _key(),
        Field("signing_key", "HTTP webhook signing key", "Under Sending, Webhooks.", secret=True),
        Field("domain", "Sending domain", "If it isn't the From address's own.", required=False),
        REGION,
        agreement=MailgunSuppressions,
    ),
    "mailjet": _by_mail(
        "Mailjet",
        MailjetSender,
        MailjetReceiver,
        _key(),
        Field("secret_key", "Secret key", secret=True),
        agreement=MailjetSuppressions,
    ),
    "postmark": _by_mail(
        "Postmark",
        PostmarkSender,
        PostmarkReceiver,
        _key("Server API token"),
        Field("message_stream", "Message stream", "If it isn't “outbound”.", required=False),
        agreement=PostmarkSuppressions,
    ),
    "resend": _by_mail(
        "Resend",
        ResendSender,
        ResendReceiver,
        _key(help_text="With full access, if answers come in by Resend too."),
        Field("signing_secret", "Webhook signing secret", "Begins with whsec_.", secret=True),
        agreement=ResendSuppressions,
    ),
    "sendgrid": _by_mail(
        "SendGrid",
        SendGridSender,
        SendGridReceiver,
        _key(),
        Field("verification_key", "Event webhook verification key", "Its public key, without header lines."),
        Field("inbound_key", "Inbound parse verification key", "If answers come in by it.", required=False),
        agreement=SendGridSuppressions,
    ),
    "sparkpost": _by_mail(
        "SparkPost", SparkPostSender, SparkPostReceiver, _key(), REGION, agreement=SparkPostSuppressions
    ),
}
