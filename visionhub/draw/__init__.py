"""Draws an answer on its picture: legible from 32 to 8,000 pixels, one colour a name.

annotate.py    outlines and points on a picture     names.py      where names find room
transcript.py  read text, set where it was found    strip.py      notes on a strip below
palette.py     colours                              lettering.py  fonts that have the letters
"""

from __future__ import annotations

from visionhub.draw.annotate import annotate, enlarged, letter_size
from visionhub.draw.marks import Mark, Note
from visionhub.draw.strip import beside, with_notes
from visionhub.draw.transcript import transcript

__all__ = ["Mark", "Note", "annotate", "beside", "enlarged", "letter_size", "transcript", "with_notes"]
