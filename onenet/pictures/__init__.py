"""Pictures of answers: reasons of a caption, mixes, walks, what is inside a photo."""
