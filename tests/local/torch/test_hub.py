"""Models of the hub: fetched once, resumed, pinned, shared with other programs, and clear errors for all that may go wrong."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import PIL.Image
import pytest
from huggingface_hub import constants, snapshot_download

from tests.local.torch.hub_server import Answer, Files, Manners, blob_of, serving
from visionhub import ClassifyCall, Hub
from visionhub.errors import ConfigError, TransportError, VisionError
from visionhub.providers.local import site
from visionhub.providers.local.cards import all_cards, all_listed
from visionhub.providers.local.hub import ModelHub, usual
from visionhub.providers.local.pins import Pins
from visionhub.providers.local.repository import Name, wanted
from visionhub.tasks import TASKS

RED = PIL.Image.new("RGB", (40, 30), "red")
REPO, WEIGHTS = "max/tiny", "model.safetensors"
Saved = Callable[[str], str]


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("HF_"):
            monkeypatch.delenv(name)
    # The loopback needs no certificates, and reading them takes longer than all else.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))


@pytest.fixture
def files(saved: Saved) -> dict[str, bytes]:
    """Of a small model, and much that is not to be fetched."""
    model = {path.name: path.read_bytes() for path in Path(saved("vit")).iterdir()}
    others = (
        "README.md",
        "pytorch_model.bin",
        "model.fp16.safetensors",
        "onnx/model.onnx",
        "onnx/config.json",
        "run.py",
    )
    return {**model, **dict.fromkeys(others, b"x" * 20_000)}


@pytest.fixture
def manners(files: Files) -> Manners:
    made = Manners()
    made.push(REPO, files)
    return made


@pytest.fixture
def url(manners: Manners, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(site, "time", SimpleNamespace(sleep=bool))
    with serving(manners) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield address


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def models(url: str, home: Path) -> ModelHub:
    assert url
    return ModelHub(home)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, whoever connects fails."""

    def forbidden(*given: Any) -> NoReturn:
        raise AssertionError(given)

    def forbid() -> None:
        monkeypatch.setattr(socket.socket, "connect", forbidden)
        monkeypatch.setattr(socket, "getaddrinfo", forbidden)

    return forbid


def cache() -> Path:
    return Path(constants.HF_HUB_CACHE)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# What is fetched


def test_a_repository_answers_and_only_what_a_model_needs_is_fetched(
    hub_with: Callable[..., Hub], hub: Hub, url: str, manners: Manners, saved: Saved, no_sockets: Callable[[], None]
) -> None:
    assert url
    with hub_with() as other:
        expected = hub.classify(RED, model=saved("vit")).labels
        first = other.classify(RED, model=REPO)
        assert (first.labels, first.model) == (expected, REPO)
        assert manners.fetched() == ["config.json", WEIGHTS, "preprocessor_config.json"]
        no_sockets()
        assert other.classify(RED, model=REPO).labels == expected
    with hub_with(offline=True) as again:
        assert again.classify(RED, model=REPO).labels == expected, "a new process opens no socket either"


def test_where_no_model_is_named_and_none_is_bundled_the_usual_one_of_the_hub_answers(
    hub_with: Callable[..., Hub], url: str, manners: Manners, saved: Saved
) -> None:
    assert url
    repo = usual("caption")
    assert repo is not None
    manners.push(repo, {path.name: path.read_bytes() for path in Path(saved("blip")).iterdir()})
    with hub_with() as hub:
        caption = hub.caption(RED, extra={"longest": 8})
        assert caption.model == repo
        assert caption.text == hub.caption(RED, model=saved("blip"), extra={"longest": 8}).text


def test_the_pin_says_what_was_fetched(models: ModelHub, manners: Manners, home: Path, files: Files) -> None:
    folder = models.find(REPO)
    pin = json.loads((home / "hub.json").read_text())[REPO]
    assert pin["commit"] == folder.name == manners.branches[REPO, "main"]
    assert pin["files"][WEIGHTS] == {"size": len(files[WEIGHTS]), "sha256": blob_of(files[WEIGHTS])}
    assert names(folder) == set(pin["files"]) == {"config.json", WEIGHTS, "preprocessor_config.json"}
    assert models.verify(REPO) == []
    assert (models.is_here(REPO), models.is_here("max/other")) == (True, False)


def test_a_pipeline_of_diffusers_is_its_components(models: ModelHub, manners: Manners) -> None:
    index = {
        "_class_name": "P",
        "unet": ["diffusers", "UNet"],
        "vae": ["diffusers", "VAE"],
        "scheduler": ["diffusers", "S"],
        "safety": [None, None],
    }
    wanted_files = {
        "model_index.json": json.dumps(index).encode(), "unet/config.json": b"{}", "unet/diffusion_pytorch_model.safetensors": b"u" * 30_000,
        "vae/config.json": b"{}", "vae/diffusion_pytorch_model.fp16.safetensors": b"v", "scheduler/scheduler_config.json": b"{}",
    }  # fmt: skip
    others = dict.fromkeys(
        ("single.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin", "safety/config.json", "vae_old/config.json"),
        b"x",
    )  # fmt: skip
    manners.push("max/pipe", {**wanted_files, **others})
    assert names(models.find("max/pipe")) == set(wanted_files)


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (["pytorch_model.bin", "training_args.bin", "optimizer.pt", "tf_model.h5"], ["pytorch_model.bin"]),
        (["model.fp16.safetensors", "pytorch_model.bin"], ["model.fp16.safetensors"]),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
          "pytorch_model.bin.index.json"],
         ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]),
        (["consolidated.safetensors", "flax_model.msgpack"], []),
    ],
)  # fmt: skip
def test_one_set_of_weights_is_chosen(weights: list[str], chosen: list[str]) -> None:
    assert wanted(weights) == chosen


def test_code_is_fetched_for_whom_it_is_trusted_only(models: ModelHub, manners: Manners, home: Path) -> None:
    models.find(REPO)
    assert "run.py" not in manners.fetched()
    trusting = ModelHub(home, trusted=(REPO,))
    assert "run.py" in names(trusting.find(REPO))
    assert manners.fetched().count(WEIGHTS) == 1, "what is there is not fetched again"
    assert Pins.at(home).read()[REPO].with_code


# Pins


def test_a_name_means_its_commit_until_it_is_pulled_again(models: ModelHub, manners: Manners, files: Files) -> None:
    before = models.find(REPO)
    manners.push(REPO, {**files, "config.json": files["config.json"] + b" "})
    assert models.find(REPO) == before
    pin = models.pull(REPO)
    assert models.find(REPO).name == pin.commit == manners.branches[REPO, "main"] != before.name
    assert manners.fetched().count(WEIGHTS) == 1, "what has not changed is not fetched again"


def test_a_revision_is_a_branch_a_tag_or_a_commit(models: ModelHub, manners: Manners, files: Files) -> None:
    first = manners.branches[REPO, "main"]
    other = manners.push(REPO, {**files, "config.json": b"{}"}, "refs/pr/1")
    assert models.find(f"{REPO}@refs/pr/1").name == other
    assert models.find(f"{REPO}@{first}").name == first
    with pytest.raises(ConfigError, match="max/tiny has no revision v9") as caught:
        models.find(f"{REPO}@v9")
    assert "/max/tiny/commits/main" in str(caught.value.hint)


def test_another_commit_is_another_answer_in_the_cache(url: str, home: Path) -> None:
    from visionhub import registry
    from visionhub.image import Image

    assert url
    provider = registry.get("local").with_options({"home": home})
    call = ClassifyCall(image=Image(RED), model=REPO)
    before = provider.version(call)
    commit = ModelHub(home).pull(REPO).commit
    assert before != provider.version(call)
    assert commit in provider.version(call)


def test_what_is_gone_is_fetched_at_the_pinned_commit(
    models: ModelHub, manners: Manners, files: Files, home: Path
) -> None:
    folder = models.find(REPO)
    manners.push(REPO, {**files, "config.json": b"{}"})
    shutil.rmtree(cache())
    assert ModelHub(home).find(REPO) == folder
    assert (folder / "config.json").read_bytes() == files["config.json"]


def test_a_file_that_was_changed_after_the_pin_is_refused(models: ModelHub, manners: Manners, files: Files) -> None:
    commit = models.find(REPO).name
    manners.commits[REPO, commit] = {**files, WEIGHTS: b"z" * len(files[WEIGHTS])}
    shutil.rmtree(cache())
    with pytest.raises(
        ConfigError, match=r"model\.safetensors of max/tiny is not what it was when it was pinned"
    ) as caught:
        models.find(REPO)
    assert "models pull max/tiny" in str(caught.value.hint)
    models.pull(REPO)
    assert models.find(REPO).name == commit


def test_pins_that_cannot_be_read_are_a_clear_error(models: ModelHub, home: Path) -> None:
    home.mkdir()
    (home / "hub.json").write_text("{")
    with pytest.raises(ConfigError, match=r"hub\.json cannot be read") as caught:
        models.find(REPO)
    assert "mend it, or remove it" in str(caught.value.hint)


def test_many_at_once_fetch_once(models: ModelHub, manners: Manners, home: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: ModelHub(home).find(REPO), range(6)))
    assert len(found) == 1
    assert [request.path for request in manners.seen].count(
        f"/cdn/{blob_of((found.pop() / WEIGHTS).read_bytes())}"
    ) == 1
    assert models.verify(REPO) == []


def test_verify_finds_what_is_damaged_and_pull_mends_it(models: ModelHub) -> None:
    folder = models.find(REPO)
    weights = (folder / WEIGHTS).resolve()
    data = bytearray(weights.read_bytes())
    data[1_234] ^= 1
    weights.write_bytes(data)
    assert models.verify(REPO) == [WEIGHTS]
    models.pull(REPO)
    assert models.verify(REPO) == []


def test_remove_spares_what_another_name_means(models: ModelHub, manners: Manners) -> None:
    commit = models.find(REPO).name
    models.find(f"{REPO}@{commit}")
    assert models.remove(REPO) == 0
    assert models.is_here(f"{REPO}@{commit}")
    assert models.remove(f"{REPO}@{commit}") > 190_000
    assert not (cache() / Name.of(REPO).folder).exists()
    assert models.remove(REPO) == 0
    assert models.find(REPO).name == manners.branches[REPO, "main"]


# Other programs


def test_what_another_program_has_fetched_is_used(
    models: ModelHub, manners: Manners, no_sockets: Callable[[], None], home: Path
) -> None:
    snapshot_download(REPO, allow_patterns=["*.json", "model.safetensors"], endpoint=constants.ENDPOINT)
    no_sockets()
    assert models.find(REPO).name == manners.branches[REPO, "main"]
    assert set(Pins.at(home).read()[REPO].files) == {"config.json", WEIGHTS, "preprocessor_config.json"}


def test_what_another_program_has_fetched_in_part_or_damaged_is_fetched_again(models: ModelHub, home: Path) -> None:
    snapshot_download(REPO, allow_patterns=["config.json", "model.safetensors"], endpoint=constants.ENDPOINT)
    folder = models.find(REPO)
    assert "preprocessor_config.json" in names(folder)
    (home / "hub.json").unlink()
    (folder / WEIGHTS).resolve().write_bytes(b"short")
    assert ModelHub(home).find(REPO) == folder
    assert models.verify(REPO) == []


def test_a_pickle_of_another_program_is_left_alone_where_there_are_safetensors(
    models: ModelHub, no_sockets: Callable[[], None]
) -> None:
    snapshot_download(REPO, allow_patterns=["*.json", "*.bin"], endpoint=constants.ENDPOINT)
    folder = models.find(REPO)
    assert WEIGHTS in names(folder)
    assert "pytorch_model.bin" not in Pins.at(models.home).read()[REPO].files
    (folder / WEIGHTS).unlink()
    no_sockets()
    with pytest.raises(ConfigError, match="not all of it"):
        ModelHub(models.home, offline=True).find(REPO)


def test_another_program_finds_what_was_fetched_here(models: ModelHub, no_sockets: Callable[[], None]) -> None:
    folder = models.find(REPO)
    no_sockets()
    assert Path(snapshot_download(REPO, local_files_only=True)) == folder


# Lines that break


def test_a_line_that_breaks_is_taken_up_where_it_broke(models: ModelHub, manners: Manners) -> None:
    manners.cuts = [50_000, 0, 60_000]
    models.find(REPO)
    ranges = [request.range for request in manners.seen if request.path.startswith("/cdn/")]
    assert ranges == ["bytes=0-", "bytes=50000-", "bytes=50000-", "bytes=110000-"]
    assert models.verify(REPO) == []


def test_a_server_without_ranges_begins_anew(models: ModelHub, manners: Manners) -> None:
    manners.ranges, manners.cuts = False, [50_000]
    models.find(REPO)
    assert models.verify(REPO) == []


def test_a_pull_that_was_broken_off_goes_on_later(models: ModelHub, manners: Manners) -> None:
    manners.cuts = [50_000, 0, 0, 0]
    with pytest.raises(TransportError, match=r"model\.safetensors") as caught:
        models.find(REPO)
    assert "goes on from there" in str(caught.value.hint)
    assert not models.is_here(REPO)
    models.find(REPO)
    assert manners.seen[-2].range == "bytes=50000-"


KILLED = """
import sys
from pathlib import Path
from visionhub.providers.local.hub import ModelHub
ModelHub(Path(sys.argv[1])).find(sys.argv[2])
"""


def test_a_process_that_was_killed_leaves_what_the_next_one_needs(
    url: str, models: ModelHub, manners: Manners, home: Path, tmp_path: Path
) -> None:
    """It takes the mirror and the cache from its environment, as every program does."""
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(cache())}
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(home), REPO], env=environment)

    def on_sent(sent: int) -> None:
        if sent > 100_000:
            process.kill()
            process.wait()

    manners.on_sent = on_sent
    process.wait()
    assert not models.is_here(REPO)
    manners.on_sent = bool
    models.find(REPO)
    assert models.verify(REPO) == []


@pytest.mark.parametrize("damage", ["model.safetensors", "config.json"])
def test_a_file_with_another_content_is_not_kept(models: ModelHub, manners: Manners, files: Files, damage: str) -> None:
    manners.damaged[damage] = b"?" * len(files[damage])
    with pytest.raises(ConfigError, match="is not the file that the hub lists: its hash differs"):
        models.find(REPO)
    assert manners.fetched().count(damage) == 2
    manners.damaged.clear()
    models.find(REPO)
    assert models.verify(REPO) == []


@pytest.mark.parametrize("size", [100, -1, 10**6])
def test_a_file_of_another_size_is_not_kept(models: ModelHub, manners: Manners, files: Files, size: int) -> None:
    manners.damaged[WEIGHTS] = (files[WEIGHTS] + bytes(10**6))[:size]
    with pytest.raises(TransportError, match="broke off before its end, or goes on after it"):
        models.find(REPO)
    manners.damaged.clear()
    models.find(REPO)
    assert models.verify(REPO) == []


# Refusals

SECRET = "hf_geheim"


@pytest.mark.parametrize(
    ("answer", "token", "kind", "said", "hint"),
    [
        (Answer(401, {"X-Error-Code": "RepoNotFound"}), None, ConfigError, "There is no model max/tiny at 127.0.0.1, or it is private", "HF_TOKEN"),
        (Answer(404, {"X-Error-Code": "RepoNotFound"}), SECRET, ConfigError, "There is no model max/tiny", "models list"),
        (Answer(401), SECRET, ConfigError, "refused the token", "HF_TOKEN"),
        (Answer(403, {"X-Error-Code": "GatedRepo"}), SECRET, ConfigError, "agreed to its terms", "/max/tiny. Make a token"),
        (Answer(401, {"X-Error-Code": "GatedRepo"}), None, ConfigError, "agreed to its terms", "HF_TOKEN"),
        (Answer(403), SECRET, ConfigError, "does not give max/tiny", "HF_TOKEN"),
        (Answer(418), None, ConfigError, "answered 418", "HF_ENDPOINT"),
        (Answer(500), None, TransportError, "answered 500 for max/tiny", "goes on from there"),
        (Answer(429, {"Retry-After": "3600"}), None, TransportError, "answered 429", "goes on from there"),
        (Answer(200, {}, b"<html>"), None, ConfigError, "does not answer as a model hub does", "login page"),
        (Answer(200, {}, b'{"sha": "x", "siblings": []}'), None, ConfigError, "does not answer as a model hub does", "HF_ENDPOINT"),
        (Answer(200, {}, b'{"sha": "x", "siblings": [{"rfilename": "../../x.json", "size": 1, "blobId": "0"}]}'), None, ConfigError, "does not answer", "HF_ENDPOINT"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do_and_shows_no_token(
    models: ModelHub, manners: Manners, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    answer: Answer, token: str | None, kind: type[VisionError], said: str, hint: str,
) -> None:  # fmt: skip
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    manners.instead = [answer] * 3
    with caplog.at_level(logging.DEBUG), pytest.raises(kind, match=said) as caught:
        models.find(REPO)
    assert hint in str(caught.value.hint)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caplog.text
    assert manners.seen[0].authorization == (f"Bearer {token}" if token else None)


def test_a_hub_that_stumbles_is_asked_again(models: ModelHub, manners: Manners) -> None:
    manners.instead, manners.files_instead = [Answer(503), Answer(500)], [Answer(502), Answer(429)]
    models.find(REPO)
    assert models.verify(REPO) == []


def test_the_token_goes_to_the_hub_alone(models: ModelHub, manners: Manners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    manners.credentials = f"Bearer {SECRET}"
    models.find(REPO)
    elsewhere = [request.authorization for request in manners.seen if request.host.startswith("localhost")]
    assert elsewhere == [None]


def test_a_mirror_with_a_password(
    url: str, models: ModelHub, manners: Manners, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setattr(constants, "ENDPOINT", url.replace("://", "://max:geh%65im@"))
    manners.credentials = "Basic bWF4OmdlaGVpbQ=="
    with caplog.at_level(logging.DEBUG):
        models.find(REPO)
        with pytest.raises(ConfigError, match="There is no model max/none") as caught:
            models.find("max/none")
    text = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert all(secret not in text for secret in ("geheim", "geh%65im", SECRET))


@pytest.mark.parametrize("endpoint", ["geheim", "ftp://max:geheim@127.0.0.1", "http://"])
def test_an_address_that_makes_no_sense(models: ModelHub, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with pytest.raises(ConfigError, match="address of the model hub") as caught:
        models.find(REPO)
    assert "geheim" not in str(caught.value)


def test_a_hub_that_cannot_be_reached(models: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(TransportError, match=r"max/tiny could not be fetched from 127\.0\.0\.1") as caught:
            models.find(REPO)
    assert "HF_ENDPOINT names a mirror, HTTPS_PROXY a proxy" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["a/b/c", "a/b@", "../x/y@z", "a/..", "a/b@../../c", "a /b", "a/b?x=1", "a/b@/etc/x"])
def test_a_name_that_is_none(models: ModelHub, manners: Manners, name: str) -> None:
    with pytest.raises(ConfigError):
        models.find(name)
    assert manners.seen == []


@pytest.mark.parametrize("missing", ["config.json", WEIGHTS])
def test_a_repository_without_a_model(models: ModelHub, manners: Manners, files: Files, missing: str) -> None:
    kept = {
        path: data
        for path, data in files.items()
        if path not in (missing, "pytorch_model.bin", "model.fp16.safetensors")
    }
    manners.push("max/none", kept)
    with pytest.raises(ConfigError, match=r"max/none.* (no config\.json|no weights that PyTorch reads)"):
        models.find("max/none")
    assert manners.fetched() == []


# Offline, and disks


def test_offline_opens_no_socket_and_says_which_command_to_run(home: Path, no_sockets: Callable[[], None]) -> None:
    no_sockets()
    with pytest.raises(
        ConfigError, match="max/tiny is not on this machine, or not all of it, and visionhub is offline"
    ) as caught:
        ModelHub(home, offline=True).find(REPO)
    assert "`visionhub models pull max/tiny`" in str(caught.value)
    with pytest.raises(ConfigError, match="offline"):
        ModelHub(home, offline=True).pull(REPO)
    assert not home.exists()


def test_the_hubs_own_word_for_offline_counts_too(models: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="visionhub is offline"):
        models.find(REPO)


def test_a_disk_that_has_not_the_room_is_told_before(
    models: ModelHub, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000))
    with pytest.raises(ConfigError, match=r"max/tiny needs 0\.2 MB, and .* has 0\.1 MB left") as caught:
        models.find(REPO)
    assert "HF_HOME" in str(caught.value.hint)
    assert manners.fetched() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_space_left_is_told_as_such(models: ModelHub, files: Files) -> None:
    part = cache() / Name.of(REPO).folder / "blobs" / f"{blob_of(files[WEIGHTS])}.incomplete"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(ConfigError, match="No space left on device") as caught:
        models.find(REPO)
    assert "HF_HOME" in str(caught.value.hint)
    part.unlink()
    models.find(REPO)
    assert models.verify(REPO) == []


def test_a_cache_that_is_a_file_is_a_clear_error(models: ModelHub) -> None:
    cache().write_bytes(b"")
    with pytest.raises(ConfigError, match=r"cache.* cannot be used"):
        models.find(REPO)


def test_a_home_that_cannot_be_written_to_serves_what_others_have_fetched(models: ModelHub, home: Path) -> None:
    snapshot_download(REPO, endpoint=constants.ENDPOINT, allow_patterns=["*.json", WEIGHTS])
    home.write_bytes(b"")
    assert names(models.find(REPO)) >= {"config.json", WEIGHTS}


# The table


def test_the_table_says_what_must_be_known() -> None:
    for model in all_listed():
        assert Name.of(model.repo).repo == model.repo
        assert model.task in TASKS
        assert model.source.startswith(f"https://huggingface.co/{model.repo}")
        assert all((model.title, model.licence, model.megabytes > 0))
        assert model.sure or model.note
    assert len({(model.task, model.repo) for model in all_listed()}) == len(all_listed())


def test_a_task_has_one_usual_model_bundled_or_of_the_hub() -> None:
    bundled = {card.task for card in all_cards().values() if card.default}
    of_the_hub = [model.task for model in all_listed() if model.default]
    assert not bundled & set(of_the_hub)
    assert len(of_the_hub) == len(set(of_the_hub))
    assert {task for task in TASKS if usual(task)} == set(of_the_hub) >= {"caption", "generate"}
