"""One small neural network with many uses: captions, likeness, search by description, word games."""
