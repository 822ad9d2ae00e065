"""The contract of a notification channel, run over every channel that is found."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork.errors import ConfigError
from clerkwork.model.strict import Strict
from clerkwork.model.work.events import Level
from clerkwork.notify import channels
from clerkwork.notify.contract import (
    Message,
    NotSent,
    SendFailed,
    SendRefused,
    SendResult,
    find_channels,
    open_channel,
)
from tests.contracts.channel_servers import Trial, trial_of

FOLDER = Path(channels.__path__[0])
NAMES = sorted(find_channels())
TEXTS = {
    "two languages": "Automation rate 71.4 % 自动化率",
    "braces and markup": "{level} {0} <b>%s</b> \\n **x**",
    "several lines": "first\nsecond\r\n\tthird",
    "control characters": "a\x1b[31mb\x00c",
    "half a character": "a\ud83db",
    "20,000 characters": "0123456789" * 2000,
    "nothing": "",
}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def trial(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """Return the channel's receiver; relative paths are below a temporary folder."""
    monkeypatch.chdir(tmp_path)
    with trial_of(name) as found:
        yield found


def test_every_file_of_the_folder_is_a_channel() -> None:
    """A channel has the name of its file, so its settings lead to the code."""
    files = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_")}
    assert set(NAMES) == files


def test_every_setting_is_described(name: str) -> None:
    """The settings model is strict, and each field says what it means."""
    model = find_channels()[name].settings_model
    silent = [key for key, field in model.model_fields.items() if not field.description]
    assert (issubclass(model, Strict), silent) == (True, [])


def test_unknown_setting_is_refused_by_its_name(name: str, trial: Trial) -> None:
    """A typing slip in a setting is an error that names channel and key."""
    with pytest.raises(ConfigError, match=f"^notify.{name}.bogus: "):
        open_channel(name, {**trial.settings, "bogus": 1})


@pytest.mark.parametrize("level", list(Level))
def test_message_of_every_level_is_sent(name: str, trial: Trial, level: Level) -> None:
    """The result names the channel, and the receiver has title, text and link."""
    parts = ("Rate is low", "71.4 % of 80 % 目标", "http://127.0.0.1:8801/metrics")
    message = Message(title=parts[0], text=parts[1], link=parts[2], level=level)
    result = open_channel(name, trial.settings).send(message)
    received = [] if trial.received is None else list(trial.received())
    arrived = [all(part in one for part in parts) for one in received]
    expected = [] if trial.received is None else [True]
    assert (isinstance(result, SendResult), result.channel, arrived) == (True, name, expected)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_odd_text_is_sent_or_refused(name: str, trial: Trial, text: str) -> None:
    """No text ends in an error that is not a sentence with a remedy."""
    channel = open_channel(name, trial.settings)
    try:
        outcome = channel.send(Message(title="Odd text", text=text)).channel
    except NotSent as error:
        outcome = error.channel
    assert outcome == name


def test_unknown_channel_is_refused_with_the_known_ones() -> None:
    """The error lists what can be written instead."""
    with pytest.raises(ConfigError, match=f"no channel 'pigeon'; write one of {NAMES[0]}"):
        open_channel("pigeon", {})


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (SendRefused, "chat refused the message: errcode 310000. Correct the signature."),
        (SendFailed, "chat could not send the message: errcode 310000. Correct the signature."),
    ],
)
def test_error_of_a_channel_is_a_sentence_that_survives_a_process(
    kind: type[NotSent], sentence: str
) -> None:
    """Refused and failed are different classes, each with channel, problem and remedy."""
    error = kind("chat", "errcode 310000", "Correct the signature.")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - bytes of this test
    facts = (type(again), str(again), again.channel, again.problem, again.remedy)
    assert facts == (kind, sentence, "chat", "errcode 310000", "Correct the signature.")
