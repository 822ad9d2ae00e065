"""Mail intake against a real IMAP server: each file comes once, and nothing is lost."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from clerkwork import clock
from clerkwork.errors import ApplicationException, ConfigError
from clerkwork.intake.contract import SourceContext
from clerkwork.intake.email.letter import Origin, origin_of, write_origin
from clerkwork.intake.email.mailbox import opened
from clerkwork.intake.extensions import shipped
from clerkwork.intake.sources.mail import Mail, MailIntake
from clerkwork.model.project.workflows import Schedule, Step, Workflow
from clerkwork.model.work.events import Kind, Level
from clerkwork.store.database import Store, open_store
from clerkwork.store.inbox import left_mails
from clerkwork.store.schema import item
from tests.fixtures_intake import STAMP, TWO
from tests.fixtures_mail import PASSWORD, VARIABLE, MailServer, message


@dataclass
class Log:
    """The part of the run log that mail needs: a list of sentences."""

    events: list[tuple[Kind, dict[str, Any]]] = field(default_factory=list)

    def event(self, kind: Kind, _said: str, *, level: Level = Level.INFO, **data: Any) -> None:
        self.events.append((kind, data | {"level": level}))


class Raw(EmailMessage):
    """A mail as its raw bytes, with no library in between."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self._raw = raw

    def as_bytes(self, *_: object, **__: object) -> bytes:
        return self._raw


@dataclass
class Post:
    """A mailbox of its own for each test, and the intake that looks into it."""

    server: MailServer
    user: str
    root: Path
    store: Store
    log: Log = field(default_factory=Log)

    def __post_init__(self) -> None:
        self.server.deliver(self.user, message("Hello", message_id="<hello@example.com>"))
        self.fetch()  # the first mail has no file: it is left unread
        self.log.events.clear()

    def plan(self, **more: Any) -> Workflow:
        return shipped().workflow(  # type: ignore[call-arg]  # keys of a source
            name="orders",
            title="Orders",
            steps=[Step(bot="enter")],
            source={"folder": "orders", "pattern": "*.xlsx", "reader": "workbook"},
            schedule=Schedule(every_s=2),
            mail=self.server.mail(self.user, **more),
        )

    def fetch(self, **more: Any) -> int:
        return self.intake().fetch(self.plan(**more))

    def intake(self, **clocks: Any) -> MailIntake:
        context = SourceContext(
            root=self.root,
            inbox=self.root / "inbox",
            workflows={},
            store=self.store,
            engine=self.log,
            files=None,
        )
        return MailIntake(context, **clocks)

    def deliver(self, subject: str, *files: tuple[str, bytes], name: str = "") -> None:
        message_id = name or f"<{subject}@example.com>"
        self.server.deliver(self.user, message(subject, *files, message_id=message_id))

    def files(self) -> dict[str, bytes]:
        folder = self.root / "inbox" / "orders"
        return {file.name: file.read_bytes() for file in folder.glob("[!.]*")}

    def unread(self) -> int:
        return self.server.unread(self.user) - 1  # the first one stays


@pytest.fixture
def post(
    mail_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    store = open_store("sqlite:///store.db", tmp_path)
    user = f"user-{uuid.uuid4()}"
    yield Post(server=mail_server, user=user, root=tmp_path, store=store)
    store.close()


def test_the_files_of_an_unread_mail_are_put_into_the_folder_once(post):
    """Then the mail counts as read; the log says from whom they came."""
    post.deliver("two", ("a.xlsx", b"one"), ("b.XLSX", b"two"), ("logo.png", b"three"))
    found = [post.fetch(), post.fetch()]
    assert (found, post.files(), post.unread()) == ([2, 0], {"a.xlsx": b"one", "b.XLSX": b"two"}, 0)
    ((kind, data),) = post.log.events
    assert (kind, data["sender"], data["files"]) == (
        Kind.NOTE,
        "buyer@example.com",
        "a.xlsx, b.XLSX",
    )


def test_a_mail_without_a_file_that_fits_is_left_unread_and_logged_once(post):
    """A person may have to answer it."""
    post.deliver("question", ("photo.jpg", b"x"))
    found = [post.fetch(), post.fetch()]
    assert (found, post.files(), post.unread()) == ([0, 0], {}, 1)
    assert [kind for kind, _ in post.log.events] == [Kind.FILE_REJECTED]


def test_a_mail_that_is_too_large_is_left_unread(post):
    """It is not even fetched."""
    post.deliver("large", ("a.xlsx", b"x" * 1_200_000))
    assert (post.fetch(max_mb=1), post.files(), post.unread()) == (0, {}, 1)
    assert post.log.events[0][1]["problem"] == "it is larger than 1 MB"


def test_two_mails_with_files_of_one_name_lose_neither(post):
    """The same content is one file; other content gets a name of its own."""
    for subject, data in (("first", b"one"), ("again", b"one"), ("other", b"two")):
        post.deliver(subject, ("orders.xlsx", data))
    assert post.fetch() == 3
    assert sorted(post.files().values()) == [b"one", b"two"]


def test_file_named_like_a_folder_of_the_inbox_gets_another_name(post):
    """The folder is unchanged, the file is renamed, and the mailbox continues."""
    (post.root / "inbox" / "orders" / "accepted.xlsx").mkdir(parents=True)
    post.deliver("odd", ("accepted.xlsx", b"two"))
    taken = post.fetch()
    (file,) = (post.root / "inbox" / "orders").glob("accepted-*.xlsx")
    assert (taken, file.read_bytes(), post.unread()) == (1, b"two", 0)


@pytest.mark.parametrize("dies_before", ["deliveries.add", "Mailbox.mark_read"])
def test_a_crash_between_two_steps_is_made_good_by_the_next_look(post, monkeypatch, dies_before):
    """The file is there once, the mail is read, and nothing is recorded twice."""
    post.deliver("crash", ("orders.xlsx", b"one"))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"clerkwork.intake.sources.mail.{dies_before}", die)
        with pytest.raises(KeyboardInterrupt):
            post.fetch()
    assert (post.files(), post.unread()) == ({"orders.xlsx": b"one"}, 1)
    post.fetch()
    assert (post.files(), post.unread(), post.fetch()) == ({"orders.xlsx": b"one"}, 0, 0)


def test_a_mail_that_comes_a_second_time_brings_nothing_new(post):
    """A mailing list, or a rule that forwards, delivers one message twice."""
    post.deliver("one", ("a.xlsx", b"one"), name="<same@example.com>")
    post.fetch()
    post.deliver("two", ("a.xlsx", b"one"), name="<same@example.com>")
    assert (post.fetch(), list(post.files()), post.unread()) == (0, ["a.xlsx"], 0)


def test_a_known_message_id_with_other_files_is_another_mail(post):
    """A program that numbers its mails from one each day loses no order; the log notes it."""
    for subject, data in (("one", b"one"), ("two", b"two"), ("three", b"two")):
        post.deliver(subject, ("a.xlsx", data), name="<same@example.com>")
    assert (post.fetch(), sorted(post.files().values()), post.unread()) == (2, [b"one", b"two"], 0)
    levels = [(data["level"], data["subject"]) for _, data in post.log.events]
    assert levels == [(Level.INFO, "one"), (Level.WARNING, "two")]


def test_a_mail_with_the_message_id_of_one_left_unread_is_taken(post):
    """The person who answers the first one need not know of the second."""
    post.deliver("question", name="<same@example.com>")
    post.fetch()
    post.deliver("answer", ("a.xlsx", b"one"), name="<same@example.com>")
    found = [post.fetch(), post.fetch()]
    assert (found, post.files(), post.unread()) == ([1, 0], {"a.xlsx": b"one"}, 1)


def test_mails_that_are_left_use_up_no_look(post, monkeypatch):
    """However many of them there are, the next order is taken."""
    monkeypatch.setattr("clerkwork.intake.sources.mail.MOST_MAILS", 2)
    for number in range(4):
        post.deliver(f"question {number}")
    post.deliver("order", ("a.xlsx", b"one"))
    found = [post.fetch() for _ in range(4)]
    assert (found, post.files(), post.unread()) == ([0, 0, 1, 0], {"a.xlsx": b"one"}, 4)


def test_the_number_of_mails_that_are_left_is_shown_until_a_person_read_them(post):
    """A planned run says it in its reason."""
    intake = post.intake()
    post.deliver("question")
    post.fetch()
    before = intake.left(post.plan())
    with opened(post.plan().mail, PASSWORD, post.root) as box:
        for uid in box.unread():
            box.mark_read(uid)
    post.fetch()
    said = "2 mails are left unread in the mailbox for a person"
    assert (before, intake.left(post.plan())) == (said, "")


def test_mails_that_were_left_in_a_former_mailbox_are_not_counted(post):
    """The numbers of the new one mean other mails."""
    intake = post.intake()
    with post.store.write() as db:
        left_mails.add(db, "orders", "of before", "7", now=clock.now())
    post.fetch()
    assert intake.left(post.plan()) == "1 mails are left unread in the mailbox for a person"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Disposition: attachment; filename*",
        "Content-Type: a/b; filename*",
        "From: ,*:?q?;*utf-8)]",
    ],
)
def test_a_mail_that_the_library_fails_over_holds_up_no_other(post, header):
    """It is left for a person, or taken without what cannot be read."""
    post.server.deliver(post.user, Raw(f"{header}\nMessage-ID: <bad@example.com>\n\nx".encode()))
    post.deliver("order", ("a.xlsx", b"one"))
    found = [post.fetch(), post.fetch()]
    assert (found, post.files(), post.unread()) == ([1, 0], {"a.xlsx": b"one"}, 1)


@pytest.mark.parametrize("other", ["b.xls", "order.eml", "winmail.dat", "orders.zip", "empty.xlsx"])
def test_a_part_of_a_mail_that_is_not_taken_is_named(post, other):
    """The log warns of it, and the items of the other file say it too."""
    post.deliver("two", ("a.xlsx", b"one"), (other, b"" if other == "empty.xlsx" else b"two"))
    post.fetch()
    ((_, data),) = post.log.events
    assert (data["files"], data["not_taken"], data["level"]) == ("a.xlsx", other, Level.WARNING)
    assert origin_of(post.root / "inbox" / "orders" / "a.xlsx") == {
        "mail": "buyer@example.com: two",
        "not_taken": other,
    }


def test_a_picture_in_the_text_and_a_signature_are_named_without_a_warning(post):
    """Nearly every mail of a company has them."""
    made = message("logo", ("a.xlsx", b"one"), message_id="<logo@example.com>")
    made.add_attachment(b"x", "image", "png", disposition="inline", filename="logo.png")
    made.add_attachment(b"x", "application", "pkcs7-signature", filename="smime.p7s")
    post.server.deliver(post.user, made)
    post.fetch()
    ((_, data),) = post.log.events
    assert (data["not_taken"], data["level"]) == ("logo.png, smime.p7s", Level.INFO)


def test_the_parts_of_a_mail_that_is_left_are_named(post):
    """The person need not open it to see what it is about."""
    post.deliver("zip", ("orders.zip", b"x"))
    post.fetch()
    said = "no file of it fits the workflow's source; it holds orders.zip"
    assert post.log.events[0][1]["problem"] == said


def test_the_items_of_a_file_say_which_mail_brought_it(desk):
    """They also list the mail's other files; no extra file is left in the inbox."""
    file = desk.drop("a.xlsx", TWO)
    write_origin(file, Origin(mail="buyer@example.com: two", not_taken="b.xls"))
    desk.scan()
    with desk.engine.core.store.read() as db:
        found = {(row.source["mail"], row.source["not_taken"]) for row in db.execute(item.select())}
    assert (found, desk.files()) == (
        {("buyer@example.com: two", "b.xls")},
        [f"accepted/{STAMP}-a.xlsx"],
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/cron.d/x.xlsx", "x.xlsx"),
        ("C:\\Users\\me\\x.xlsx", "x.xlsx"),
        (".~hidden.xlsx", "hidden.xlsx"),
        ("采购订单.xlsx", "采购订单.xlsx"),
        ("a" * 300 + ".xlsx", "a" * 195 + ".xlsx"),
        ("单" * 120 + ".xlsx", "单" * 65 + ".xlsx"),
    ],
)
def test_a_name_from_outside_cannot_leave_the_folder(post, sent, kept):
    """It may be long, hidden, in Chinese, or an attempt to overwrite a file."""
    post.deliver("name", (sent, b"x"))
    assert (post.fetch(), list(post.files())) == (1, [kept])


def test_over_tls_the_certificate_has_to_be_trusted(post):
    """With the file that says so it works; without it nothing is sent, not even the password."""
    post.deliver("tls", ("a.xlsx", b"one"))
    secured = {"port": post.server.tls, "tls": True}
    with pytest.raises(ApplicationException, match="certificate verify failed"):
        post.fetch(**secured)
    assert post.fetch(ca_file=str(post.server.root / "cert.pem"), **secured) == 1


def test_a_wrong_password_is_one_sentence_without_it(post, monkeypatch):
    """The planned run shows this sentence as its reason."""
    monkeypatch.setenv(VARIABLE, "not-the-password")
    with pytest.raises(ApplicationException) as caught:
        post.fetch()
    said = str(caught.value)
    assert said.startswith(f"The mailbox {post.user} on 127.0.0.1 could not be read: ")
    assert "not-the-password" not in said


def test_a_password_that_is_not_set_names_its_variable(post, monkeypatch):
    """And the file that wants it."""
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError, match=rf"workflows/orders.yaml: .* {VARIABLE} is not set"):
        post.fetch()


def test_a_missing_folder_is_reported(post):
    """A slip in the file, and not an empty mailbox."""
    with pytest.raises(ApplicationException, match="no folder Ordres"):
        post.fetch(folder="Ordres")


def test_a_mailbox_is_looked_at_no_more_often_than_its_workflow_says(post):
    """The folder is looked at every two seconds, a server would take offence."""
    elapsed = [timedelta()]
    intake = post.intake(monotonic=lambda: elapsed[-1])
    plan = post.plan(every_s=60)
    intake.fetch(plan)
    post.deliver("later", ("a.xlsx", b"one"))
    elapsed.append(timedelta(seconds=59))
    too_early = intake.fetch(plan)
    elapsed.append(timedelta(seconds=60))
    assert (too_early, intake.fetch(plan)) == (0, 1)


def test_a_mail_keeps_unread_while_it_is_looked_at(post):
    """What is fetched and not recorded must come again."""
    post.deliver("peek", ("a.xlsx", b"one"))
    with opened(
        post.plan().mail or Mail(host="", username="", password_variable="X"), PASSWORD, post.root
    ) as box:
        for uid in box.unread():
            box.fetch(uid)
    assert post.unread() == 1


def test_a_password_is_never_sent_openly_to_another_host():
    """Without TLS there is loopback only."""
    with pytest.raises(ValueError, match="would send the password openly"):
        Mail(host="mail.example.com", username="a", password_variable="B", tls=False)
