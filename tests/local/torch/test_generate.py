"""Pictures from words: as diffusers makes them, with seeds that are kept, progress that is told, and reasons for what is refused."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

diffusers: Any = pytest.importorskip("diffusers", reason="the extra diffusion is not installed")

from tests.local.torch import painters, small  # noqa: E402  # it needs them
from visionhub import AsyncHub, Hub, Settings  # noqa: E402
from visionhub.errors import (  # noqa: E402
    ConfigError,
    InputError,
    RefusedError,
    TimeoutError,
    UnsupportedError,
)
from visionhub.providers.local.models.auto import generate  # noqa: E402
from visionhub.tasks import GenerateCall, Images  # noqa: E402

Painted = Callable[[str], str]
PROMPT = "a red house"
TWO = {"steps": 2}


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Painted:
    """The folder of a small pipeline, by its name in `painters.PAINTERS`; saved at first use."""
    folder = tmp_path_factory.mktemp("painters")

    def save(name: str) -> str:
        place = folder / name
        if not place.exists():
            painters.PAINTERS[name](place)
        return str(place)

    return save


@pytest.fixture
def copied(painted: Painted, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a small pipeline, to be spoilt."""
    return lambda name: Path(shutil.copytree(painted(name), tmp_path / "copy"))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are made together on the CPU too."""
    monkeypatch.setattr(generate, "MOST", {"cpu": 4})


@pytest.fixture
def loud() -> Iterator[None]:
    """Diffusers asked itself tells its progress on the terminal."""
    diffusers.utils.logging.disable_progress_bar()
    yield
    diffusers.utils.logging.enable_progress_bar()


def pixels(made: Images) -> list[np.ndarray]:
    return [np.asarray(picture).astype(int) for picture in made.pil()]


@pytest.mark.parametrize("name", ["sd", "guarded", "sdxl", "flux"])
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_pixels_are_those_of_diffusers(hub: Hub, painted: Painted, name: str, loud: None) -> None:
    extra = {"steps": 3, "guidance": 4.5}
    ours = hub.generate(PROMPT, model=painted(name), size=(32, 48), seed=11, extra=extra)
    pipe = diffusers.DiffusionPipeline.from_pretrained(painted(name), local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    noise = torch.Generator("cpu").manual_seed(11)
    theirs = pipe(PROMPT, num_inference_steps=3, guidance_scale=4.5, width=32, height=48, generator=noise).images[0]
    assert theirs.size == (32, 48)
    # Convolutions that read channels last round otherwise.
    assert np.abs(pixels(ours)[0] - np.asarray(theirs)).max() <= 1
    assert pixels(ours)[0].std() > 1, "there is something on it"
    assert (ours.images[0].media_type, ours.images[0].seed, ours.warnings) == ("image/png", 11, ())
    assert ours.usage.cost_usd == 0.0


def test_a_negative_prompt_is_heard(hub: Hub, painted: Painted) -> None:
    plain, less = (
        pixels(hub.generate(PROMPT, model=painted("sd"), seed=3, negative_prompt=words, extra=TWO))[0]
        for words in (None, "fog")
    )
    assert (plain != less).any()


def test_a_negative_prompt_that_would_not_be_heard_is_refused(hub: Hub, painted: Painted) -> None:
    with pytest.raises(UnsupportedError, match="does not take a negative prompt"):
        hub.generate(PROMPT, model=painted("flux"), negative_prompt="fog", size=(32, 32), extra=TWO)
    with pytest.raises(UnsupportedError, match="Without guidance"):
        hub.generate(PROMPT, model=painted("sd"), negative_prompt="fog", extra={"steps": 2, "guidance": 1})


def test_a_seed_makes_the_same_picture_alone_and_among_others(hub: Hub, painted: Painted, many: None) -> None:
    three = hub.generate(PROMPT, model=painted("sd"), seed=5, count=3, extra=TWO)
    assert [image.seed for image in three.images] == [5, 6, 7]
    for together, seed in zip(pixels(three), (5, 6, 7), strict=True):
        alone = hub.generate(PROMPT, model=painted("sd"), seed=seed, extra=TWO)
        assert np.abs(pixels(alone)[0] - together).max() <= 1
    assert (pixels(three)[0] != pixels(three)[1]).any()


def test_one_after_the_other_pictures_are_equal_to_the_bit(hub: Hub, painted: Painted) -> None:
    three = hub.generate(PROMPT, model=painted("sdxl"), seed=5, count=3, extra=TWO)
    again = [hub.generate(PROMPT, model=painted("sdxl"), seed=5 + number, extra=TWO).images[0] for number in range(3)]
    assert list(three.images) == again


def test_a_seed_that_is_drawn_is_told(hub: Hub, painted: Painted) -> None:
    first, second = (hub.generate(PROMPT, model=painted("sd"), extra=TWO).images[0] for _ in range(2))
    assert first.seed != second.seed
    assert hub.generate(PROMPT, model=painted("sd"), seed=first.seed, extra=TWO).images == (first,)


def test_progress_is_told_of_all_pictures(hub: Hub, painted: Painted) -> None:
    told: list[tuple[int, int]] = []
    extra = {"steps": 2, "on_step": lambda step, steps: told.append((step, steps))}
    hub.generate(PROMPT, model=painted("sd"), count=2, extra=extra)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_who_listens_does_not_change_what_is_kept(painted: Painted) -> None:
    told: list[int] = []
    with Hub("local") as hub:
        for number, outcome in enumerate(("ok", "cached", "cached")):
            extra = {"steps": 2, "on_step": lambda *_, number=number: told.append(number)}
            answer = hub.generate(PROMPT, model=painted("sd"), seed=1, extra=extra)
            assert answer.attempts[0].outcome == outcome
        assert set(told) == {0}
        assert hub.generate(PROMPT, model=painted("sd"), seed=1, extra={"steps": 3}).attempts[0].outcome == "ok"


def test_a_listener_that_fails_ends_its_own_call(hub: Hub, painted: Painted) -> None:
    def fail(step: int, steps: int) -> None:
        raise KeyError(steps - step)

    with pytest.raises(InputError, match="`on_step` ended the call: KeyError: 1") as caught:
        hub.generate(PROMPT, model=painted("sd"), extra={"steps": 2, "on_step": fail})
    assert isinstance(caught.value.__cause__, KeyError)
    assert hub.generate(PROMPT, model=painted("sd"), extra=TWO).images


class Held:
    """A listener that waits at the first step until it is let go, and counts the steps."""

    def __init__(self) -> None:
        self.begun, self.go, self.steps = threading.Event(), threading.Event(), 0

    def __call__(self, step: int, steps: int) -> None:
        self.begun.set()
        self.steps += 1
        assert self.go.wait(20)


def test_who_ran_out_of_time_is_not_worked_for(hub: Hub, painted: Painted) -> None:
    hub.generate(PROMPT, model=painted("sd"), extra=TWO)
    held = Held()
    with pytest.raises(TimeoutError):
        hub.generate(PROMPT, model=painted("sd"), timeout=0.5, extra={"steps": 900, "on_step": held})
    held.go.set()
    assert hub.generate(PROMPT, model=painted("sd"), extra=TWO).images, "the queue goes on"
    assert held.steps <= 2


def test_who_is_cancelled_is_not_worked_for(painted: Painted) -> None:
    held = Held()

    async def main() -> None:
        async with AsyncHub("local") as hub:
            extra = {"steps": 900, "on_step": held}
            asked = asyncio.create_task(hub.generate(PROMPT, model=painted("sd"), extra=extra))
            assert await asyncio.to_thread(held.begun.wait, 20)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            held.go.set()
            assert (await hub.generate(PROMPT, model=painted("sd"), extra=TWO)).images

    asyncio.run(main())
    assert held.steps <= 2


class Checker:
    """Flags pictures as told, in turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *flags: bool) -> None:
        from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

        verdicts = iter(flags)

        def check(_: Any, clip_input: Any, images: Any) -> tuple[Any, list[bool]]:
            return images, [next(verdicts) for _ in range(len(images))]

        monkeypatch.setattr(StableDiffusionSafetyChecker, "forward", check)


def test_what_the_safety_checker_flags_is_left_out(
    hub: Hub, painted: Painted, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Checker(monkeypatch, True, False, True)
    made = hub.generate(PROMPT, model=painted("guarded"), seed=4, count=3, extra=TWO)
    assert [image.seed for image in made.images] == [5]
    (warning,) = made.warnings
    assert warning.code == "picture_flagged"
    assert "Of 3 pictures 2 left out" in warning.message
    assert "seed 4, 6" in warning.message
    assert made.raw["is_checked"] is True


def test_if_all_are_flagged_the_call_is_refused(hub: Hub, painted: Painted, monkeypatch: pytest.MonkeyPatch) -> None:
    Checker(monkeypatch, True, True)
    with pytest.raises(RefusedError, match=r"flagged all pictures \(seed 4, 5\)") as caught:
        hub.generate(PROMPT, model=painted("guarded"), seed=4, count=2, extra=TWO)
    assert caught.value.code == "flagged"


def test_without_a_safety_checker_nobody_looked(hub: Hub, painted: Painted) -> None:
    assert hub.generate(PROMPT, model=painted("sd"), extra=TWO).raw["is_checked"] is False


@pytest.mark.parametrize(
    ("name", "size", "near"), [("sd", (33, 32), "32 x 32 and 34 x 32"), ("flux", (32, 30), "32 x 28 and 32 x 32")]
)
def test_a_size_that_cannot_be_made(hub: Hub, painted: Painted, name: str, size: tuple[int, int], near: str) -> None:
    with pytest.raises(UnsupportedError, match=f"{size[0]} x {size[1]} is not") as caught:
        hub.generate(PROMPT, model=painted(name), size=size, extra=TWO)
    assert near in str(caught.value.hint)


def test_prompts_that_are_blank_or_too_long(hub: Hub, painted: Painted) -> None:
    with pytest.raises(InputError, match="The prompt is blank"):
        hub.generate(" \n", model=painted("sd"))
    long = hub.generate("house " * 5_000, model=painted("sd"), negative_prompt="fog " * 100, extra=TWO)
    assert [warning.code for warning in long.warnings] == ["prompt_cut", "prompt_cut"]
    assert "the model reads 77" in long.warnings[0].message
    # Of its two readers, the other one has room for 512.
    assert not hub.generate("house " * 30, model=painted("flux"), size=(32, 32), extra=TWO).warnings


@pytest.mark.parametrize(
    ("extra", "match"),
    [
        ({"steps": 0}, "`steps` is a whole number"), ({"steps": 2.5}, "`steps` is"), ({"steps": 5_000}, "at most 1000 steps"),
        ({"guidance": -1}, "`guidance` is a number"), ({"guidance": float("nan")}, "`guidance` is"), ({"on_step": 3}, "`on_step` is"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(hub: Hub, painted: Painted, extra: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        hub.generate(PROMPT, model=painted("sd"), extra=extra)


def test_a_seed_that_is_none(hub: Hub, painted: Painted) -> None:
    for seed in (-1, 2**63):
        with pytest.raises(InputError, match="is no seed"):
            hub.generate(PROMPT, model=painted("sd"), seed=seed)


def test_too_many_for_the_memory_are_made_in_smaller_groups(
    hub: Hub, painted: Painted, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, sizes = generate.Painter._run, []

    def full(painter: Any, order: Any, seeds: Any, done: int) -> Any:
        sizes.append(len(seeds))
        if len(seeds) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run(painter, order, seeds, done)

    monkeypatch.setattr(generate.Painter, "_run", full)
    made = hub.generate(PROMPT, model=painted("sd"), seed=5, count=3, extra=TWO)
    assert sizes == [3, 1, 1, 1]
    assert [image.seed for image in made.images] == [5, 6, 7]


@pytest.mark.filterwarnings("ignore:`upcast_vae` is deprecated:FutureWarning")
def test_a_decoder_that_was_interrupted_in_fp32_is_put_back(
    hub_with: Callable[..., Hub], painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_with(precision="fp16")
    before = pixels(hub.generate(PROMPT, model=painted("sdxl"), seed=5, extra=TWO))[0]
    decode = diffusers.AutoencoderKL.decode

    def full(self: Any, *args: Any, **options: Any) -> Any:
        assert self.dtype == torch.float32, "as the pipeline asks for it"
        monkeypatch.setattr(diffusers.AutoencoderKL, "decode", decode)
        raise ValueError("broken off")

    monkeypatch.setattr(diffusers.AutoencoderKL, "decode", full)
    with pytest.raises(UnsupportedError, match="broken off"):
        hub.generate(PROMPT, model=painted("sdxl"), seed=5, extra=TWO)
    assert (pixels(hub.generate(PROMPT, model=painted("sdxl"), seed=5, extra=TWO))[0] == before).all()


def test_another_precision(hub_with: Callable[..., Hub], painted: Painted) -> None:
    made = hub_with(precision="bf16").generate(PROMPT, model=painted("sd"), extra=TWO)
    assert made.usage.precision == "bf16"
    with pytest.raises(ConfigError, match="cannot be run in int8"):
        hub_with(precision="int8").generate(PROMPT, model=painted("sd"))


def test_numbers_that_overflow_are_no_black_picture(
    hub: Hub, painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = diffusers.AutoencoderKL.decode

    def overflow(self: Any, *args: Any, **options: Any) -> Any:
        return tuple(part * float("nan") for part in decode(self, *args, **options))

    monkeypatch.setattr(diffusers.AutoencoderKL, "decode", overflow)
    with pytest.raises(ConfigError, match="too large for fp32"):
        hub.generate(PROMPT, model=painted("sd"), extra=TWO)


# Folders


def refused(hub: Hub, folder: Path | str, match: str) -> ConfigError:
    with pytest.raises(ConfigError, match=match) as caught:
        hub.generate(PROMPT, model=str(folder), extra=TWO)
    assert caught.value.hint
    return caught.value


def test_models_for_something_else(hub: Hub, painted: Painted, tmp_path: Path) -> None:
    small.MODELS["vit"](tmp_path / "vit")
    refused(hub, tmp_path / "vit", "is a ViTForImageClassification, which does not generate")
    with pytest.raises(ConfigError, match="is a StableDiffusionPipeline, which does not classify"):
        hub.classify(PIL.Image.new("RGB", (40, 40)), model=painted("sd"))
    refused(hub, tmp_path, "holds no model")


def respelt(folder: Path, **changes: Any) -> None:
    """With other words in the list of its parts."""
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    (folder / "model_index.json").write_text(json.dumps(index | changes), encoding="utf-8")


def test_lists_of_parts_that_are_wrong(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("sd")
    respelt(folder, _class_name="StableDiffusionImg2ImgPipeline")
    refused(hub, folder, "is a StableDiffusionImg2ImgPipeline, which does not generate")
    respelt(folder, _class_name="NovelPipeline")
    refused(hub, folder, "is a NovelPipeline, which diffusers .* does not have")
    (folder / "model_index.json").write_text("{", encoding="utf-8")
    refused(hub, folder, r"its model_index\.json cannot be read")


def test_code_beside_the_parts_is_not_run(hub: Hub, copied: Callable[[str], Path], tmp_path: Path) -> None:
    folder = copied("sd")
    code = f"import pathlib\npathlib.Path({str(tmp_path / 'sprung')!r}).touch()\nclass Own: pass\n"
    for place in (folder / "own.py", folder / "unet" / "own.py", folder / "scheduler" / "own.py"):
        place.write_text(code, encoding="utf-8")
    for part in ("unet", "scheduler"):
        respelt(folder, **{part: ["own", "Own"]})
        refused(hub, folder, f"The {part} of .* is a Own of own")
    respelt(folder, _class_name=["own", "Own"])
    refused(hub, folder, "does not have")
    assert not (tmp_path / "sprung").exists()


def test_parts_that_are_missing_or_cut_off(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("sd")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    refused(hub, folder, "its unet cannot be read")
    weights.unlink()
    refused(hub, folder, "there are no weights of its unet")
    weights.write_bytes(whole)
    (folder / "tokenizer").rename(folder / "words")
    refused(hub, folder, "its tokenizer is missing")
    (folder / "tokenizer").mkdir()
    shutil.copy(folder / "words" / "tokenizer_config.json", folder / "tokenizer")
    refused(hub, folder, "its tokenizer has no words|one of its parts cannot be read")
    shutil.copytree(folder / "words", folder / "tokenizer", dirs_exist_ok=True)
    assert hub.generate(PROMPT, model=str(folder), extra=TWO).images, "mended, it is used"


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_weights_that_are_not_all_there(hub: Hub, copied: Callable[[str], Path], part: str) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied("sd")
    (file,) = (folder / part).glob("*.safetensors")
    tensors = load_file(file)
    tensors.pop(next(name for name in tensors if name.endswith("fc1.weight") or name == "conv_in.weight"))
    save_file(tensors, file, metadata={"format": "pt"})
    refused(hub, folder, rf"The weights of the {part} of .* are not all there for generate: .*(fc1|conv_in)\.weight")


def test_weights_of_a_variant_alone_are_read(hub: Hub, copied: Callable[[str], Path]) -> None:
    folder = copied("sd")
    before = hub.generate(PROMPT, model=str(folder), seed=2, extra=TWO).images
    moved = folder.rename(folder.with_name("half"))
    for file in moved.rglob("*.safetensors"):
        file.rename(file.with_suffix(".fp16.safetensors"))
    assert hub.generate(PROMPT, model=str(moved), seed=2, extra=TWO).images == before


def test_all_parts_count_for_the_memory(hub_with: Callable[..., Hub], painted: Painted) -> None:
    total = sum(file.stat().st_size for file in Path(painted("sd")).rglob("*.safetensors"))
    with pytest.raises(ConfigError, match="of memory, more than"):
        hub_with(memory_gb=(total - 1) / 1e9).generate(PROMPT, model=painted("sd"))


# Imports


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = """
import sys
from visionhub import Hub, Settings
from visionhub.tasks import GenerateCall
Hub("openai"); hub = Hub("local")
from visionhub.registry import get
for name in ("local", "openai"):
    get(name).capability("generate", "./some/folder")
    get(name).codec("generate").encode(GenerateCall(prompt="a", model="./some/folder"))
print(sorted({"torch", "transformers", "diffusers", "accelerate", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_without_diffusers_the_error_says_what_to_install(
    hub: Hub, painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(UnsupportedError, match="local does not generate") as caught:
        hub.generate(PROMPT, model=painted("sd"))
    assert "visionhub[diffusion]" in str(caught.value.hint)


def test_a_package_that_is_missing_for_a_part_is_named(
    hub: Hub, painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: Any, **__: Any) -> None:
        raise ImportError("You need to install sentencepiece.")

    monkeypatch.setattr(diffusers.StableDiffusionPipeline, "from_pretrained", absent)
    assert "visionhub[diffusion]" in str(refused(hub, painted("sd"), "needs a package: .*sentencepiece").hint)


def test_the_settings_name_the_model(painted: Painted, tmp_path: Path) -> None:
    local = {"models": {"generate": painted("sd")}}
    settings = Settings.model_validate({"home": tmp_path, "providers": {"local": local}})
    with Hub("local", settings=settings) as hub:
        assert hub.run(GenerateCall(prompt=PROMPT, seed=1, extra=TWO)).images
