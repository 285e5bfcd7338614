"""Rekognition's names for what should not be shown, of all its models, in ours.

From the lists at https://docs.aws.amazon.com/rekognition/latest/dg/moderation-api.html (model 7) and of models 3 to 6.1.
"""

from __future__ import annotations

from collections.abc import Mapping

from visionhub.tasks.moderate import CategoryName

NAMES: Mapping[str, CategoryName] = {
    # Model 7: the first level, then what means something else than the level above it.
    "Explicit": "sexual", "Non-Explicit Nudity of Intimate parts and Kissing": "suggestive", "Swimwear or Underwear": "suggestive",
    "Violence": "violence", "Visually Disturbing": "gore", "Drugs & Tobacco": "drugs", "Alcohol": "alcohol",
    "Rude Gestures": "gestures", "Gambling": "gambling", "Hate Symbols": "hate",
    "Weapons": "weapons", "Graphic Violence": "violence", "Weapon Violence": "violence", "Physical Violence": "violence",
    "Self-Harm": "self_harm", "Blood & Gore": "gore", "Explosions and Blasts": "violence",
    "Death and Emaciation": "gore", "Emaciated Bodies": "gore", "Corpses": "gore", "Crashes": "violence", "Air Crash": "violence",
    "Products": "drugs", "Pills": "drugs", "Drugs & Tobacco Paraphernalia & Use": "drugs", "Smoking": "tobacco",
    # Models 3 to 6.1.
    "Explicit Nudity": "sexual", "Suggestive": "suggestive", "Graphic Violence Or Gore": "gore", "Self Injury": "self_harm",
    "Hanging": "self_harm", "Explosions And Blasts": "violence", "Drugs": "drugs", "Tobacco": "tobacco", "Tobacco Products": "tobacco",
    "Drug Products": "drugs", "Drug Use": "drugs", "Drug Paraphernalia": "drugs",
}  # fmt: skip
# How each of ours is said in model 7: its name and the one above it.
NATIVE: Mapping[CategoryName, tuple[str, str]] = {
    "sexual": ("Explicit", ""), "suggestive": ("Swimwear or Underwear", ""), "violence": ("Violence", ""),
    "gore": ("Visually Disturbing", ""), "self_harm": ("Self-Harm", "Graphic Violence"), "hate": ("Hate Symbols", ""),
    "weapons": ("Weapons", "Violence"), "drugs": ("Drugs & Tobacco", ""),
    "tobacco": ("Smoking", "Drugs & Tobacco Paraphernalia & Use"), "alcohol": ("Alcohol", ""), "gambling": ("Gambling", ""),
    "gestures": ("Rude Gestures", ""),
}  # fmt: skip


def meaning(name: str, parent: str) -> CategoryName | None:
    """Ours for a label: by its name, or by the one above it; None for one that is new."""
    return NAMES.get(name) or NAMES.get(parent)
