"""Small models of every family, with random weights that are always the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.detr.image_processing_pil_detr import DetrImageProcessorPil
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

# Its classes have more arguments than their types say.
hf: Any = transformers

NAMES = ("cat", "dog", "car", "person", "traffic light")
LABELS: dict[str, Any] = {
    "id2label": dict(enumerate(NAMES)),
    "label2id": {name: number for number, name in enumerate(NAMES)},
}
WIDE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
WORDS = (*"abcdefghijklmnopqrstuvwxyz", *NAMES, "a", "photo", "of", "this", "is", ".", "light", "traffic")
VOCABULARY = {word: number for number, word in enumerate(dict.fromkeys((*SPECIAL, *WORDS)))}


def tokenizer(length: int = 16, more: tuple[str, ...] = ()) -> Any:
    """One token a word, begun and ended as CLIP does; those in `more` are not taken apart."""
    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A" if more else "<s> $A </s>",
        special_tokens=[("<s>", VOCABULARY["<s>"]), ("</s>", VOCABULARY["</s>"])],
    )
    fast = hf.PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=length,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"} if "<image>" in more else {},
    )
    fast.add_tokens(list(more), special_tokens=True)
    return fast


def spelling(length: int, more: tuple[str, ...]) -> Any:
    """One token a byte, as models for every script begin."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: number for number, word in enumerate((*SPECIAL, *letters))}
    made = Tokenizer(models.BPE(words, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    fast = hf.PreTrainedTokenizerFast(
        tokenizer_object=made, model_max_length=length, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip
    fast.add_tokens(list(more), special_tokens=True)
    return fast


def _text(**more: Any) -> dict[str, Any]:
    return {
        **WIDE,
        "vocab_size": len(VOCABULARY),
        "max_position_embeddings": 64,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        **more,
    }


def _save(place: Path, model: Any, *parts: Any) -> None:
    for one in (model.eval(), *parts):
        one.save_pretrained(place)


def _made(kind: Any, config: Any) -> Any:
    torch.manual_seed(7)
    return kind(config)


def vit(place: Path) -> None:
    _save(place, _made(hf.ViTForImageClassification, hf.ViTConfig(**WIDE, **LABELS)), ViTImageProcessorPil())


def vit_unnamed(place: Path) -> None:
    _save(place, _made(hf.ViTForImageClassification, hf.ViTConfig(**WIDE, num_labels=20)), ViTImageProcessorPil())


def vit_multi(place: Path) -> None:
    config = hf.ViTConfig(**WIDE, **LABELS, problem_type="multi_label_classification")
    _save(place, _made(hf.ViTForImageClassification, config), ViTImageProcessorPil())


def convnext(place: Path) -> None:
    config = hf.ConvNextConfig(hidden_sizes=[8, 16, 16, 32], depths=[1, 1, 2, 1], **LABELS)
    _save(
        place, _made(hf.ConvNextForImageClassification, config), ConvNextImageProcessorPil(size={"shortest_edge": 64})
    )


def nsfw(place: Path) -> None:
    named = {"id2label": {0: "normal", 1: "nsfw", 2: "teapot"}, "label2id": {"normal": 0, "nsfw": 1, "teapot": 2}}
    _save(place, _made(hf.ViTForImageClassification, hf.ViTConfig(**WIDE, **named)), ViTImageProcessorPil())


def clip(place: Path) -> None:
    config = hf.CLIPConfig(
        text_config=_text(), vision_config={**WIDE, "image_size": 64, "patch_size": 16}, projection_dim=24
    )
    processor = CLIPImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    _save(place, _made(hf.CLIPModel, config), processor, tokenizer())


def siglip(place: Path) -> None:
    config = hf.SiglipConfig(text_config=_text(), vision_config={**WIDE, "image_size": 64, "patch_size": 16})
    _save(
        place, _made(hf.SiglipModel, config), SiglipImageProcessorPil(size={"height": 64, "width": 64}), tokenizer(64)
    )


def dino(place: Path) -> None:
    _save(
        place,
        _made(hf.Dinov2Model, hf.Dinov2Config(**WIDE, image_size=56)),
        ViTImageProcessorPil(size={"height": 56, "width": 56}),
    )


def detr(place: Path) -> None:
    backbone = hf.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 16, 32], depths=[1, 1, 1, 1], out_features=["stage4"]
    )
    config = hf.DetrConfig(
        backbone_config=backbone, use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, num_queries=12, d_model=32,
        encoder_layers=1, decoder_layers=1, encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2, **LABELS,
    )  # fmt: skip
    _save(
        place,
        _made(hf.DetrForObjectDetection, config),
        DetrImageProcessorPil(size={"shortest_edge": 80, "longest_edge": 120}),
    )


def rtdetr(place: Path) -> None:
    backbone = hf.RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 16, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    config = hf.RTDetrConfig(
        backbone_config=backbone, use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, encoder_in_channels=[16, 16, 32], encoder_hidden_dim=32, d_model=32,
        decoder_in_channels=[32, 32, 32], num_queries=20, encoder_ffn_dim=32, decoder_ffn_dim=32, decoder_layers=2, decoder_attention_heads=2, encoder_attention_heads=2, **LABELS,
    )  # fmt: skip
    _save(
        place, _made(hf.RTDetrForObjectDetection, config), RTDetrImageProcessorPil(size={"height": 128, "width": 128})
    )


def owlv2(place: Path) -> None:
    config = hf.Owlv2Config(
        text_config=_text(max_position_embeddings=16),
        vision_config={**WIDE, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    images = Owlv2ImageProcessorPil(size={"height": 64, "width": 64})
    _save(place, _made(hf.Owlv2ForObjectDetection, config), hf.Owlv2Processor(images, tokenizer()))


def grounding(place: Path) -> None:
    """Its tokens are words: a phrase is made of those that light up."""
    backbone = hf.SwinConfig(
        image_size=64,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 2, 2, 2],
        window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )
    text = hf.BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    config = hf.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, d_model=32,
        num_queries=10, encoder_layers=1, decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2,
        decoder_attention_heads=2, max_text_len=32,
    )  # fmt: skip
    images = GroundingDinoImageProcessorPil(size={"shortest_edge": 80, "longest_edge": 120})
    _save(place, _made(hf.GroundingDinoForObjectDetection, config), hf.GroundingDinoProcessor(images, tokenizer(32)))


CHAT = (
    "{% for message in messages %}user : {% for part in message.content %}{% if part.type == 'image' %}<image>{% else %} {{ part.text }}"
    "{% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %} a :{% endif %}"
)


def _llava(place: Path, words: Any) -> None:
    config = hf.LlavaConfig(
        vision_config=hf.CLIPVisionConfig(**WIDE, image_size=64, patch_size=16),
        text_config=hf.LlamaConfig(**WIDE, vocab_size=len(words), max_position_embeddings=512, pad_token_id=0, bos_token_id=1, eos_token_id=2),
        image_token_index=words.convert_tokens_to_ids("<image>"), image_seq_length=16,
    )  # fmt: skip
    images = CLIPImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    processor = hf.LlavaProcessor(
        images,
        words,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=CHAT,
        num_additional_image_tokens=1,
    )
    _save(place, _made(hf.LlavaForConditionalGeneration, config), processor)


def llava(place: Path) -> None:
    """A chat model: the picture is 16 tokens among those of the text."""
    _llava(place, tokenizer(512, more=("<image>", "user", ":")))


def llava_bytes(place: Path) -> None:
    """The same, which can spell anything."""
    _llava(place, spelling(512, more=("<image>",)))


def idefics(place: Path) -> None:
    """A chat model whose pictures are cut into tiles, as SmolVLM's are."""
    marks = [f"<row_{row}_col_{col}>" for row in range(1, 7) for col in range(1, 7)]
    words = tokenizer(
        2048, more=("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "user", ":", *marks)
    )
    images = Idefics3ImageProcessorPil(size={"longest_edge": 96}, max_image_size={"longest_edge": 32})
    processor = hf.Idefics3Processor(images, words, image_seq_len=4, chat_template=CHAT)
    config = hf.Idefics3Config(
        vision_config={**WIDE, "image_size": 32, "patch_size": 8},
        text_config=hf.LlamaConfig(**WIDE, vocab_size=len(words), max_position_embeddings=2048, pad_token_id=0, bos_token_id=1, eos_token_id=2),
        image_token_id=words.convert_tokens_to_ids("<image>"), scale_factor=2,
    )  # fmt: skip
    _save(place, _made(hf.Idefics3ForConditionalGeneration, config), processor)


def smolvlm(place: Path) -> None:
    """The same by other names. As on the hub, its processor has a part for videos, which needs packages that are not there."""
    idefics(place)
    for file in place.glob("*.json"):
        told = file.read_text(encoding="utf-8").replace("Idefics3", "SmolVLM").replace('"idefics3', '"smolvlm')
        file.write_text(told, encoding="utf-8")


def _blip(place: Path, kind: Any) -> None:
    text = {**_text(max_position_embeddings=64), "encoder_hidden_size": 32, "sep_token_id": 2}
    config = hf.BlipConfig(
        text_config=text, vision_config={**WIDE, "image_size": 64, "patch_size": 16}, projection_dim=24
    )
    processor = hf.BlipProcessor(BlipImageProcessorPil(size={"height": 64, "width": 64}), tokenizer(64))
    _save(place, _made(kind, config), processor)


def blip(place: Path) -> None:
    """A captioner without a chat."""
    _blip(place, hf.BlipForConditionalGeneration)


def blip_vqa(place: Path) -> None:
    """It answers questions, and does nothing else."""
    _blip(place, hf.BlipForQuestionAnswering)


def trocr(place: Path) -> None:
    """It reads pictures of one line."""
    words = tokenizer(32)
    decoder = hf.TrOCRConfig(
        vocab_size=len(words), d_model=32, decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=32, max_position_embeddings=64,
        cross_attention_hidden_size=32, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, tie_word_embeddings=False,
    )  # fmt: skip
    config = hf.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
        hf.ViTConfig(**WIDE, image_size=64, patch_size=16), decoder
    )
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 1, 0, 2
    config.tie_word_embeddings = False
    images = ViTImageProcessorPil(size={"height": 64, "width": 64})
    _save(place, _made(hf.VisionEncoderDecoderModel, config), hf.TrOCRProcessor(images, words))


MODELS: dict[str, Callable[[Path], None]] = {
    kind.__name__: kind
    for kind in (
        vit,
        vit_unnamed,
        vit_multi,
        convnext,
        nsfw,
        clip,
        siglip,
        dino,
        detr,
        rtdetr,
        owlv2,
        grounding,
        llava,
        llava_bytes,
        idefics,
        smolvlm,
        blip,
        blip_vqa,
        trocr,
    )
}
