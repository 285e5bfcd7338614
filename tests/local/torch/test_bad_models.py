"""Models that cannot be used are refused with the reason, and the next one is answered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from visionhub import Hub
from visionhub.errors import ConfigError, InputError, UnsupportedError, VisionError

Saved = Callable[[str], str]
RED = PIL.Image.new("RGB", (40, 30), "red")


@pytest.fixture
def copied(saved: Saved, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a small model, to be spoilt."""
    return lambda name: Path(shutil.copytree(saved(name), tmp_path / "copy"))


def refused(hub: Hub, folder: Path | str, match: str) -> ConfigError:
    with pytest.raises(ConfigError, match=match) as caught:
        hub.classify(RED, model=str(folder))
    assert caught.value.provider == "local"
    assert caught.value.hint
    return caught.value


def test_folders_that_are_none(hub: Hub, tmp_path: Path) -> None:
    refused(hub, tmp_path / "absent", "holds no model: there is no config.json")
    refused(hub, tmp_path, "holds no model: there is no config.json")
    refused(hub, "no-such-model", "There is no local model 'no-such-model'")


def test_a_config_that_cannot_be_read(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("vit")
    (folder / "config.json").write_text("{", encoding="utf-8")
    refused(hub, folder, r"its config\.json cannot be read")
    (folder / "config.json").write_text('{"model_type": "novel"}', encoding="utf-8")
    refused(hub, folder, r"its config\.json cannot be read.*novel")


def test_weights_that_are_missing_cut_off_or_of_something_else(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("vit")
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    refused(hub, folder, r"its weights cannot be read \(Safetensor")
    weights.unlink()
    refused(hub, folder, "has no weights")
    (folder / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "part-1.safetensors"}}', encoding="utf-8"
    )
    refused(hub, folder, "has no weights")
    (folder / "model.safetensors.index.json").unlink()
    weights.write_bytes(whole)
    assert hub.classify(RED, model=str(folder)).labels, "mended, it is used"


def test_weights_that_do_not_belong_to_the_config(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("vit")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}), encoding="utf-8")
    assert "choose a model for this task" in str(
        refused(hub, folder, "are not all there for classify: vit.*and .* more").hint
    )


def test_a_pickle_that_is_more_than_tensors_is_not_run(hub: Hub, copied: Callable[[str], Path], tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    folder = copied("vit")
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.weight": Trap()}, folder / "pytorch_model.bin")
    refused(hub, folder, "its weights cannot be read")
    assert not (tmp_path / "sprung").exists()


def test_weights_in_a_pickle_of_tensors_are_read(hub: Hub, copied: Callable[[str], Path]) -> None:
    from safetensors.torch import load_file

    folder = copied("vit")
    before = hub.classify(RED, model=str(folder)).labels
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    moved = folder.rename(folder.with_name("pickled"))
    assert hub.classify(RED, model=str(moved)).labels == before


def test_code_beside_the_weights_is_not_run(
    hub: Hub, hub_with: Callable[..., Hub], copied: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = copied("vit")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "novel", "auto_map": {"AutoConfig": "novel.NovelConfig"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "novel.py").write_text(
        f"import pathlib\npathlib.Path({str(tmp_path / 'sprung')!r}).touch()\nclass NovelConfig: pass\n",
        encoding="utf-8",
    )
    assert "trust_remote_code" in str(refused(hub, folder, r"its config\.json cannot be read").hint)
    assert not (tmp_path / "sprung").exists()
    refused(hub_with(trust_remote_code=[str(folder)]), folder, "cannot be read")
    assert (tmp_path / "sprung").exists(), "the word in the settings is obeyed"


@pytest.mark.parametrize(
    ("name", "task"),
    [("vit", "detect"), ("detr", "classify"), ("dino", "classify"), ("clip", "moderate"), ("vit", "faces")],
)
def test_the_wrong_task(hub: Hub, saved: Saved, name: str, task: str) -> None:
    with pytest.raises(ConfigError, match=f"which does not {task}") as caught:
        getattr(hub, task)(RED, model=saved(name))
    assert "models list" in str(caught.value.hint)


def test_a_model_of_an_open_vocabulary_must_be_told_words(hub: Hub, saved: Saved) -> None:
    with pytest.raises(InputError, match="has no classes of its own"):
        hub.classify(RED, model=saved("clip"))
    with pytest.raises(InputError, match="finds only what it is told to"):
        hub.detect(RED, model=saved("owlv2"))
    with pytest.raises(UnsupportedError, match="does not know 'cta'") as caught:
        hub.classify(RED, model=saved("vit"), labels=["cta"])
    assert "'cat'" in str(caught.value.hint)
    with pytest.raises(UnsupportedError, match="reads no texts"):
        hub.embed(text="a cat", model=saved("dino"))


def test_a_closed_vocabulary_is_cut_to_the_words(hub: Hub, saved: Saved) -> None:
    everything = hub.classify(RED, model=saved("vit")).labels
    some = hub.classify(RED, model=saved("vit"), labels=["cat", "traffic light"]).labels
    assert some == tuple(label for label in everything if label.name in ("cat", "traffic light"))
    vehicles = hub.detect(RED, model=saved("detr"), labels=["vehicle"], min_score=0.01)
    assert {thing.name for thing in vehicles.objects} == {"car"}


def test_a_long_word_is_cut_not_fatal(hub: Hub, saved: Saved) -> None:
    found = hub.classify(RED, model=saved("clip"), labels=["cat " * 500, "dog"])
    assert len(found.labels) == 2
    assert len(hub.embed(text="cat " * 5_000, model=saved("clip")).vector) == 24


def test_classes_without_names_are_told(hub: Hub, saved: Saved) -> None:
    result = hub.classify(RED, model=saved("vit_unnamed"))
    assert [warning.code for warning in result.warnings] == ["labels_unnamed"]
    assert result.labels[0].name.startswith("LABEL_")


def test_moderation_by_classes_whose_meaning_is_known(hub: Hub, saved: Saved) -> None:
    result = hub.moderate(RED, model=saved("nsfw"))
    assert [category.name for category in result.categories] == ["sexual"]
    assert [warning.code for warning in result.warnings] == ["classes_unknown"]
    told = hub.moderate(RED, model=saved("nsfw"), extra={"classes": {"teapot": "weapons"}})
    assert {category.name for category in told.categories} == {"sexual", "weapons"}
    assert not told.warnings
    with pytest.raises(InputError, match="'teapots' is no category"):
        hub.moderate(RED, model=saved("nsfw"), extra={"classes": {"teapot": "teapots"}})


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (3, 900)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "I;16", "RGBA", "P"])
def test_odd_pictures(hub: Hub, saved: Saved, size: tuple[int, int], mode: str) -> None:
    picture = (
        PIL.Image.fromarray(np.full(size[::-1], 40_000, np.uint16)) if mode == "I;16" else PIL.Image.new(mode, size)
    )
    assert hub.classify(picture, model=saved("vit")).labels
    assert len(hub.embed(picture, model=saved("clip")).vector) == 24
    if max(size) < 20_000:
        assert hub.detect(picture, model=saved("rtdetr")).image
    else:
        with pytest.raises(InputError, match="too narrow"):
            hub.detect(picture, model=saved("detr"))


def test_a_device_that_is_not_there(hub_with: Callable[..., Hub], saved: Saved) -> None:
    for device in ("cuda:7", "tpu", "xla"):
        with pytest.raises(ConfigError, match=rf"(device {device} is not on this machine|no device '{device}')"):
            hub_with(device=device).classify(RED, model=saved("vit"))
    with pytest.raises(ConfigError, match="runs on the CPU only"):
        hub_with(device="cuda").classify(RED)


def test_a_model_larger_than_the_memory_allowed(hub_with: Callable[..., Hub], saved: Saved) -> None:
    with pytest.raises(ConfigError, match=r"more than the 0\.00 GB allowed"):
        hub_with(memory_gb=1e-6).classify(RED, model=saved("vit"))


def test_a_name_that_no_path_can_have(hub: Hub) -> None:
    with pytest.raises(VisionError):
        hub.classify(RED, model="a" * 300 + "/b")


def test_an_index_does_not_lead_out_of_its_folder(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("vit")
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    listed = {"metadata": {}, "weight_map": {"a": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listed), encoding="utf-8")
    refused(hub, folder, "has no weights")
