"""Small pipelines of diffusers, with random weights that are always the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

# Their classes have more arguments than their types say.
df: Any = diffusers
hf: Any = transformers

LETTERS = [chr(code) for code in range(33, 127)]
WIDE: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
BLOCKS: dict[str, Any] = {"block_out_channels": (4, 8), "norm_num_groups": 4, "layers_per_block": 1}


def _clip_words() -> Any:
    """One token a letter."""
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return hf.CLIPTokenizer(vocab={word: at for at, word in enumerate(words)}, merges=[], model_max_length=77)


def _clip_text(words: Any, kind: Any = None) -> Any:
    config = hf.CLIPTextConfig(
        **WIDE, vocab_size=len(words), projection_dim=16, bos_token_id=len(words) - 2, eos_token_id=len(words) - 1
    )
    return (kind or hf.CLIPTextModel)(config)


def _vae(**more: Any) -> Any:
    return df.AutoencoderKL(
        **BLOCKS, in_channels=3, out_channels=3, latent_channels=4, down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, **more,
    )  # fmt: skip


def _unet(**more: Any) -> Any:
    return df.UNet2DConditionModel(
        **BLOCKS, sample_size=16, in_channels=4, out_channels=4, attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **more,
    )  # fmt: skip


def _scheduler() -> Any:
    return df.DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False, steps_offset=1)


def _diffusion(place: Path, **safety: Any) -> None:
    torch.manual_seed(7)
    words = _clip_words()
    made = df.StableDiffusionPipeline(
        vae=_vae(), text_encoder=_clip_text(words), tokenizer=words, unet=_unet(cross_attention_dim=16), scheduler=_scheduler(),
        **{"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False, **safety},
    )  # fmt: skip
    made.save_pretrained(place)


def sd(place: Path) -> None:
    _diffusion(place)


def guarded(place: Path) -> None:
    """With a safety checker."""
    vision = {**WIDE, "image_size": 32, "patch_size": 16, "projection_dim": 16}
    checker = StableDiffusionSafetyChecker(
        hf.CLIPConfig(vision_config=vision, text_config={**WIDE, "projection_dim": 16}, projection_dim=16)
    )
    sees = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    _diffusion(place, safety_checker=checker, feature_extractor=sees, requires_safety_checker=True)


def sdxl(place: Path) -> None:
    torch.manual_seed(7)
    words = _clip_words()
    unet = _unet(
        cross_attention_dim=32, addition_embed_type="text_time", addition_time_embed_dim=8, transformer_layers_per_block=1,
        projection_class_embeddings_input_dim=64, use_linear_projection=True,
    )  # fmt: skip
    df.StableDiffusionXLPipeline(
        vae=_vae(force_upcast=True, sample_size=32), unet=unet, scheduler=_scheduler(), tokenizer=words, tokenizer_2=words,
        text_encoder=_clip_text(words), text_encoder_2=_clip_text(words, hf.CLIPTextModelWithProjection), add_watermarker=False,
    ).save_pretrained(place)  # fmt: skip


def flux(place: Path) -> None:
    """Trained with guidance, it hears no negative prompt."""
    torch.manual_seed(7)
    words = _clip_words()
    pieces = hf.T5Tokenizer(
        vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)],
        extra_ids=0,
    )
    t5 = hf.T5Config(vocab_size=len(pieces), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    transformer = df.FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, pooled_projection_dim=16, axes_dims_rope=(4, 4, 8), guidance_embeds=True,
    )  # fmt: skip
    df.FluxPipeline(
        scheduler=df.FlowMatchEulerDiscreteScheduler(), vae=_vae(shift_factor=0.0, scaling_factor=1.0), transformer=transformer,
        text_encoder=_clip_text(words), tokenizer=words, text_encoder_2=hf.T5EncoderModel(t5), tokenizer_2=pieces,
    ).save_pretrained(place)  # fmt: skip


PAINTERS: dict[str, Callable[[Path], None]] = {kind.__name__: kind for kind in (sd, guarded, sdxl, flux)}
