"""Everything that decides what a training run gives."""

import math
from dataclasses import dataclass, replace

from onenet.errors import OneNetError
from onenet.network.encoders import DEFAULT_ENCODER, encoder_spec
from onenet.network.transforms import Transform


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a training run gives; stored in the checkpoint.

    Attributes:
        epochs: Passes over all photos and captions; the learning rates fall to zero along a half cosine.
        batch_size: Photos a step, each in one of its `views` and with all its captions.
        views: Of a photo: itself, its mirror image, and augmented ones.
        learning_rate: Of AdamW, reached after `warmup_steps`.
        tuning_rate: Learning rate of the encoder's top; 0 leaves it as ImageNet made it.
        tune_after: Epochs before the encoder's top is tuned too: first the decoder has to settle.
        settling_epochs: Passes over all captions in the text phase, after that: decoder, words and sentence
            encoder go on learning from representations that stay as they are: they need more steps, and
            cheaper ones. (Networks and `data/bench.json` know these settings by these names.)
        settling_batch_size: Captions a step of the text phase.
        settling_rate: Learning rate of the text phase.
        critical_epochs: Passes over all photos after that, in which the decoder learns from the CIDEr of
            captions that it draws itself.
        critical_runs: How often that is done, each time from the same network with other draws; the mean of
            the weights is kept.
        critical_rate: Learning rate of the self-critical part.
        critical_samples: Captions drawn for a photo.
        critical_languages: In which that is done, as far as there are photos with several captions in them.
        critical_weight: Of the reward beside the captions' loss.
        critical_noise: Length of what is added at random to the representations in these, which have length
            one: photos that are learnt by heart are to look new.
        english_captions: Captions of a photo a step that are English, where it has others too; else all are.
        other_captions: Captions of a photo a step in other languages.
        names_weight: Of the loss by which the representation still tells what the encoder's classifier told
            (Li & Hoiem 2016, arXiv:1606.09282) of photos with captions or without; 0: without.
        name_words_weight: Of the loss by which the sentence encoder learns what the classes' names mean.
        teaching_weight: Share of what teachers say in the losses, where there are any, see
            `onenet.training.distil`; the rest is what people wrote.
        hint_weight: Of how near a photo's representation stays, in the text phase with a head that goes on,
            to the mean of those that the first teacher gives its views (FitNets' hints, arXiv:1412.6550):
            what a view adds by chance goes, what few photos show stays; 0: without.
        pseudo_captions: Whether, where networks teach, photos without captions get what the first of them
            says, see `onenet.training.pseudo_captions`.
        others_read: How often what people said of photos of other sources than the first is read in an epoch
            of the text phase: such photos are few, and what few show is forgotten first.
        text_sentences: Sentences of no photo a step, where there are any: each is written again from what the
            sentence encoder makes of it (CapDec, arXiv:2211.00575).
        text_noise: Length of what is added at random to these representations, which have length one.
        at_every_word: Whether the decoder is given the representation beside each word.
        detail_px: Photos that are served are first shrunk to this many pixels a side, about as many as most
            photos to learn from have; 0: they keep theirs.
        contrastive_weight: Of the loss by which sentences and photos find each other, beside the captions'.
        tune_depthwise: Whether the encoder's top is tuned with its depthwise weights, whose gradients take a
            processor as long as all others together.
        tune_head: Whether the head goes on learning in the text phase: photos then come nearer to what the
            sentence encoder makes of their captions, and the decoder sees features that dropout changes. So
            that the classes are not forgotten, each step tells those of `batch_size` photos too.
        as_served: Whether photos are learnt from in the size in which they are served, not in the smaller one
            in which the encoder is tuned: the last layers then know what they will see (Touvron et al. 2019,
            arXiv:1906.06423).
        patience: Epochs without a better dev loss before the run stops early.
        min_count: A word is learnt if the training captions have it this often.
        word_dropout: Share of the decoder's input words hidden behind `<unk>`, so that it looks at the photo.
        bfloat16: Whether matrix products run in bfloat16 (weights, losses and optimiser stay float32), which
            nearly halves a step on processors that have it.
        average_decay: Of the exponential moving average of the weights, which is what dev sees and is kept.
    """

    encoder: str = DEFAULT_ENCODER
    seed: int = 1
    epochs: int = 12
    batch_size: int = 80
    views: int = 8
    learning_rate: float = 2e-3
    tuning_rate: float = 1e-4
    tune_after: int = 2
    tune_depthwise: bool = False
    tune_head: bool = False
    as_served: bool = False
    settling_epochs: int = 7
    settling_batch_size: int = 256
    settling_rate: float = 1e-3
    critical_epochs: int = 2
    critical_runs: int = 1
    critical_rate: float = 2e-4
    critical_samples: int = 5
    critical_languages: tuple[str, ...] = ("en", "zh", "de", "pt", "ar")
    critical_weight: float = 13.0
    critical_noise: float = 0.8
    english_captions: int = 2
    other_captions: int = 3
    names_weight: float = 0.4
    name_words_weight: float = 0.2
    teaching_weight: float = 0.7
    hint_weight: float = 0.0
    pseudo_captions: bool = False
    others_read: int = 1
    text_sentences: int = 64
    text_noise: float = 0.6
    at_every_word: bool = True
    detail_px: int = 256
    contrastive_weight: float = 0.5
    warmup_steps: int = 200
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    dropout: float = 0.5
    feature_dropout: float = 0.5
    word_dropout: float = 0.15
    hidden_size: int = 640
    sentence_size: int = 512
    min_count: int = 3
    clip_norm: float = 2.0
    bfloat16: bool = True
    average_decay: float = 0.995
    patience: int = 4

    @property
    def transform(self) -> Transform:
        """The preprocessing of the photos that are learnt from."""
        spec = encoder_spec(self.encoder)
        return replace(spec.serving, detail_px=self.detail_px) if self.as_served else spec.transform

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with.

        Raises:
            ConfigError: With the first wrong value.
        """
        encoder_spec(self.encoder)
        smallest = {"epochs": 1, "batch_size": 2, "views": 1, "tune_after": 0, "hidden_size": 1}
        smallest |= {"settling_epochs": 0, "settling_batch_size": 2}
        smallest |= {"critical_epochs": 0, "critical_runs": 1, "critical_samples": 2}
        smallest |= {"others_read": 1, "english_captions": 0, "other_captions": 0, "text_sentences": 0}
        smallest |= {"sentence_size": 1, "min_count": 1, "patience": 1, "seed": 0, "detail_px": 0}
        for name, least in smallest.items():
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be {least} or more.")
        if not 0 <= self.teaching_weight <= 1:
            raise ConfigError(f"teaching_weight is {self.teaching_weight}; it has to be from 0 to 1.")
        for name in ("dropout", "feature_dropout", "word_dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be from 0 to less than 1.")
        for name in ("learning_rate", "settling_rate", "critical_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be more than 0.")
        for name in ("names_weight", "name_words_weight", "hint_weight", "text_noise"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be 0 or more.")
        for name in ("tuning_rate", "contrastive_weight", "critical_weight", "critical_noise"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be 0 or more.")


class ConfigError(OneNetError):
    """A training setting makes no sense."""
