"""The network itself: a photo or a sentence -> one representation -> words; its file; how it is run."""
