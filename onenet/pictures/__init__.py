"""Pictures of answers: reasons of a caption, mixes, walks, what is inside a photo."""

from onenet.pictures.inside import draw_inside
from onenet.pictures.letters import write
from onenet.pictures.mix import StripStep, draw_mix
from onenet.pictures.reasons import Notes, draw_reasons
from onenet.pictures.walk import draw_walk

__all__ = ["Notes", "StripStep", "draw_inside", "draw_mix", "draw_reasons", "draw_walk", "write"]
