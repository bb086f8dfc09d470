"""Settings of an experiment: the recipe stands here as defaults, nowhere else."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    ValidationInfo,
    model_validator,
)

from gan_core.errors import BadInput

MOST_NUMBERS = 10_000  # in a list of seeds
MOST = 10**18 - 1  # of whole numbers without a limit of their own
NAME = r"^[a-z0-9][a-z0-9-]*$"  # of an experiment
LEAST_SIDE, MOST_SIDE = 8, 128  # pixels from edge to edge that the networks take, which pad inside


def split_names(value: Any) -> Any:
    """Text with commas as a tuple; what is no text stays as it is."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def split_numbers(value: Any) -> Any:
    """0-2,7 as (0, 1, 2, 7); what is no text stays as it is. Raises ValueError for other text, and for too many."""
    if not isinstance(value, str):
        return value
    ends = [re.fullmatch(r"([0-9]{1,999})(?:-([0-9]{1,999}))?", part) for part in map(str.strip, value.split(","))]
    pairs = [(int(end[1]), int(end[2] or end[1])) for end in ends if end]
    if len(pairs) < len(ends) or any(first > last for first, last in pairs):
        raise ValueError(f"Expected numbers such as 0-4 or 1,5,7, got {value!r}; correct them.")
    if (count := sum(last - first + 1 for first, last in pairs)) > MOST_NUMBERS:
        raise ValueError(f"Expected at most {MOST_NUMBERS:,} numbers, got {count:,} by {value!r}; name fewer.")
    return tuple(number for first, last in pairs for number in range(first, last + 1))


def require_different(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers themselves; raises ValueError where one stands there twice, as it would count as two trials."""
    if twice := sorted(number for number, count in Counter(numbers).items() if count > 1):
        raise ValueError(f"Expected each number once, got {', '.join(map(str, twice))} again; leave it out.")
    return numbers


def split_counts(value: Any) -> Any:
    """6=30,7=12 as {"6": "30", "7": "12"}; what is no text stays as it is. Raises ValueError for other text."""
    if not isinstance(value, str):
        return value
    pairs = [re.fullmatch(r"([0-9]+)\s*=\s*([0-9]+)", part) for part in split_names(value)]
    counts = {pair[1]: pair[2] for pair in pairs if pair}
    if len(counts) < len(pairs):
        raise ValueError(f"Expected counts such as 6=30,7=12, each class once, got {value!r}; correct them.")
    return counts


def read_whole(value: Any) -> Any:
    """A whole number, typed or not; raises ValueError for other text, for true, and for decimals, even 5.0."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,999}", value.strip()):
        return int(value)
    if isinstance(value, bool | float | str):
        raise ValueError(f"Expected a whole number, written with the digits 0 to 9 alone, got {value!r}; correct it.")
    return value


def require_name(value: str) -> str:
    """The same name; raises ValueError for one that cannot stand in those of folders everywhere."""
    if not re.fullmatch(NAME, value):
        raise ValueError(
            "Expected a name of small letters a to z, digits and dashes, the first no dash, such as "
            f"big-gan, got {value!r}; choose another."
        )
    return value


def read_size(value: Any) -> Any:
    """32 or 64x48 as the text of a width and a height; None and what is neither text nor number stay as they are."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return value
    sides = re.fullmatch(r"([0-9]{1,4})(?:\s*[xX]\s*([0-9]{1,4}))?", str(value).strip())
    width, height = (int(sides[1]), int(sides[2] or sides[1])) if sides else (0, 0)
    if not (LEAST_SIDE <= width <= MOST_SIDE and LEAST_SIDE <= height <= MOST_SIDE):
        raise ValueError(
            f"Expected a side such as 32, or WIDTHxHEIGHT such as 64x48, each from {LEAST_SIDE} to {MOST_SIDE} pixels, "
            f"got {value!r}; correct it."
        )
    return f"{width}x{height}"


Name = Annotated[str, AfterValidator(require_name), Field(json_schema_extra={"pattern": NAME})]
Whole = BeforeValidator(read_whole)  # or pydantic would take 5.0 and true
PositiveInt = Annotated[int, Field(gt=0, le=MOST), Whole]
NonNegativeInt = Annotated[int, Field(ge=0, le=MOST), Whole]
Seed = Annotated[int, Field(ge=0, le=1_000_000), Whole]
Width = Annotated[int, Field(ge=4, le=MOST, multiple_of=4), Whole]
Shift = Annotated[int, Field(ge=0, lt=MOST_SIDE), Whole]
Spread = Annotated[float, Field(gt=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Refinement = Literal["filtered", "soft"]
Refinements = Annotated[tuple[Refinement, ...], BeforeValidator(split_names)]
Seeds = Annotated[tuple[Seed, ...], BeforeValidator(split_numbers), AfterValidator(require_different)]
Counts = Annotated[dict[str, NonNegativeInt], BeforeValidator(split_counts)]
Subsets = Annotated[int, Field(ge=0, le=30), Whole]
Size = Annotated[str | None, BeforeValidator(read_size)]
Fit = Literal["crop", "pad", "stretch"]
Colour = Literal["grey", "rgb"]
LEAST_EPOCH = 20_000  # images: below that, the few steps of the default epochs teach a generator next to nothing

STORED = "stored"  # the context in which settings are read from files that older programs wrote

logger = logging.getLogger("synthetic_data.config")


@cache
def say_once(sentence: str) -> None:
    logger.warning(sentence)


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    RENAMED: ClassVar[Mapping[str, str]] = {}  # old names of settings that are still taken, and those of today
    SHORT: ClassVar[Sequence[str]] = ()  # settings whose options are also known without the section's name

    @model_validator(mode="before")
    @classmethod
    def _take_old_names(cls, values: Any, info: ValidationInfo) -> Any:
        """The values by the names of today; an old name is taken before that of today, and told, but for files."""
        old = [name for name in cls.RENAMED if isinstance(values, Mapping) and name in values]
        for name in () if info.context == STORED else old:
            say_once(f"The setting {name} is called {cls.RENAMED[name]} now; the old name is still taken.")
        renamed = {cls.RENAMED[name]: values[name] for name in old}
        return {name: value for name, value in values.items() if name not in old} | renamed if old else values

    def digest(self) -> str:
        """SHA-256 of the settings, whatever order they were given in."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class DataSettings(Settings):
    """How the real images are read, and which of them the networks may learn from."""

    SHORT = ("size", "fit", "colour")

    validation_images: PositiveInt | None = Field(
        default=None,
        description="images cut from the training set for every choice; if not given, a twelfth of it but 500 to "
        "5,000, and no more than a quarter",
    )
    train_images: PositiveInt | None = Field(
        default=None, description="images of the rest to use, all of them if not given"
    )
    size: Size = Field(
        default=None,
        description="side, or WIDTHxHEIGHT, to bring pictures to, as 32 or 64x48; if not given, their own if they "
        f"share one from {LEAST_SIDE} to {MOST_SIDE} pixels, else about the median with no side over 64",
    )
    fit: Fit = Field("crop", description="how: cut what hangs over, add black, or change what is round")
    colour: Colour | None = Field(
        default=None, description="grey or rgb pictures; if not given, grey if all of them are, else rgb"
    )
    transposed: bool = Field(False, description="whether rows and columns of the pictures change places, as EMNIST's")
    image_column: str | None = Field(
        default=None, min_length=1, description="column of a table that has the pictures, if its name does not say so"
    )
    label_column: str | None = Field(
        default=None, min_length=1, description="column of a table that has the labels, if its name does not say so"
    )
    tolerate_doubts: bool = Field(
        False,
        description="whether a run may go on with what spoils it silently: a tenth of the pictures unreadable, or "
        "training pictures among the test pictures",
    )

    def settled(self, images: int) -> "DataSettings":
        """The same with a number of validation images, where the training set has so many images."""
        if self.validation_images:
            return self
        share = min(max(images // 12, 500), images // 4, 5_000)
        return self.model_copy(update={"validation_images": max(share, 1)})

    @property
    def wanted_size(self) -> tuple[int, int] | None:
        """The height and width to bring pictures to, if given."""
        if self.size is None:
            return None
        width, height = map(int, self.size.split("x"))
        return height, width

    def shaping(self) -> dict[str, Any]:
        """What shapes the three sets of pictures, for a digest; what was not asked for is left out."""
        chosen = self.model_dump(mode="json", exclude_defaults=True, exclude={"tolerate_doubts"})
        return {"validation_images": None, "train_images": None} | chosen


class GanSettings(Settings):
    """How the generator is trained."""

    RENAMED = {"averaging": "ema_decay", "class_weight": "class_head_weight"}

    epochs: PositiveInt = Field(16, description="passes through the training images")
    epoch_images: PositiveInt | None = Field(
        default=None,
        description="real images shown in an epoch, in whole rounds of penalty_interval batches, so at least one; if "
        f"not given, each training image once, those of small sets so often that they are {LEAST_EPOCH:,}",
    )
    batch_size: PositiveInt = Field(64, description="images of each kind, real and fake, in a step")
    generator_width: Width = Field(64, description="channels of the generator's widest layers")
    discriminator_width: Width = Field(64, description="channels of the discriminator's widest layers")
    latent_size: PositiveInt = Field(64, description="numbers in a latent vector")
    embedding_size: PositiveInt = Field(32, description="numbers in the generator's embedding of a class")
    conditional: bool = Field(True, description="whether both networks are told the class")
    loss: Literal["relativistic", "cross-entropy"] = Field("relativistic", description="the adversarial loss")
    class_head_weight: NonNegativeFloat = Field(0.5, description="weight of the auxiliary class head's loss, a factor")
    penalty_weight: NonNegativeFloat = Field(0.5, description="gamma of the R1 and R2 gradient penalties, a factor")
    penalty_interval: PositiveInt = Field(16, description="steps from one gradient penalty to the next")
    shift: Shift = Field(
        0,
        description="pixels by which an image that the discriminator sees is moved at most; fewer than its sides have",
    )
    balance: Share = Field(
        0.5, description="how far rare classes are shown more often, from 0, as they come, to 1, each class alike"
    )
    flip: bool = Field(False, description="whether half of the images that the discriminator sees are mirrored")
    tint: Share = Field(0.0, description="how far brightness, saturation and contrast of these change, 0 to 1")
    cutout: Share = Field(0.0, description="share of the sides of these that a grey box covers, anywhere")
    learning_rate: PositiveFloat = Field(1.2e-3, description="Adam's step size at the start")
    final_learning_rate: Share = Field(0.02, description="step size at the end, as a share of the first")
    beta_1: Decay = Field(0.0, description="Adam's decay of the mean gradient, per step")
    beta_2: Decay = Field(0.99, description="Adam's decay of the mean squared gradient, per step")
    ema_decay: Decay = Field(0.999, description="decay of the averaged generator weights, per step")
    precision: Literal["auto", "mixed_bfloat16", "float32"] = Field(
        "auto", description="of the layers' arithmetic; auto is what the machine is fast in"
    )

    @model_validator(mode="after")
    def _require_round(self, info: ValidationInfo) -> Self:
        """The same; an epoch that was asked for with less than a round raises ValueError, but in files."""
        if info.context != STORED and self.epoch_images and self.epoch_images < self.round_images:
            raise ValueError(
                f"Expected epoch_images of at least {self.round_images:,}, a round of {self.penalty_interval} batches "
                f"of {self.batch_size}, got {self.epoch_images:,}; raise them, or lower penalty_interval or batch_size."
            )
        return self

    @property
    def round_images(self) -> int:
        """Real images shown in a round, the steps from one gradient penalty to the next."""
        return self.penalty_interval * self.batch_size

    def images_per_epoch(self, images: int) -> int:
        """Real images to show in an epoch, of so many training images."""
        return self.epoch_images or max(images, LEAST_EPOCH)

    def rounds(self, images: int) -> int:
        """The rounds of an epoch, of so many training images: whole ones, and at least one."""
        return max(1, self.images_per_epoch(images) // self.round_images)

    def shape(self) -> dict[str, int]:
        """What the weights of both networks have their shapes from, beside the images."""
        sizes = {"generator_width", "discriminator_width", "latent_size", "embedding_size", "conditional"}
        return self.model_dump(include=sizes)


class DatasetSettings(Settings):
    """Which synthetic images are drawn."""

    RENAMED = {"latent_spread": "latent_std", "refined_spread": "refined_std"}

    per_class: NonNegativeInt = Field(6_000, description="images of each class")
    counts: Counts = Field({}, description="images of single classes by their number, where they differ")
    latent_std: Spread = Field(1.0, description="standard deviation of the latents, 1 in training")
    batch_size: PositiveInt = Field(1_000, description="images held in memory at once")
    refinements: Refinements = Field(
        (),
        description="further teaching sets: without the images whose label real-taught classifiers deny, "
        "and with their soft labels in place of the labels",
    )
    refined_std: Spread = Field(
        1.3, description="standard deviation of the latents of those, bolder since the labels are looked at"
    )

    def bold(self) -> "DatasetSettings":
        """Those of the images that the refined sets are made of."""
        return self.model_copy(update={"latent_std": self.refined_std})

    def plan(self, classes: int) -> dict[int, int]:
        """Images of each class; BadInput for a class that does not exist, or when there is nothing to draw."""
        return plan(self.per_class, self.counts, classes)


def plan(per_class: int, counts: dict[str, int], classes: int) -> dict[int, int]:
    """`per_class` images of each class but for those that `counts` has by their number; BadInput as above."""
    if unknown := sorted(set(counts) - set(map(str, range(classes)))):
        raise BadInput(f"Expected counts of classes 0 to {classes - 1}, got some of {unknown}; correct them.")
    planned = {number: counts.get(str(number), per_class) for number in range(classes)}
    if not sum(planned.values()):
        raise BadInput("Expected at least one image to draw, got none; raise per_class or the counts.")
    return planned


class ExportSettings(Settings):
    """Which images an export holds."""

    RENAMED = {"latent_spread": "latent_std"}

    per_class: NonNegativeInt = Field(6_000, description="training images of each class")
    counts: Counts = Field({}, description="training images of single classes by their number, where they differ")
    test_per_class: NonNegativeInt = Field(1_000, description="synthetic test images of each class")
    real_test: bool = Field(False, description="whether the real test images stand in place of synthetic ones")
    seed: Seed = Field(0, description="of the order and the images")
    latent_std: Spread = Field(1.0, description="standard deviation of the latents, 1 in training")
    shard_images: Annotated[int, Field(ge=250, le=MOST, multiple_of=250), Whole] = Field(
        10_000, description="images drawn, written and forgotten at once, by a multiple of 250"
    )


class ClassifierSettings(Settings):
    """The classifier that examines teaching sets."""

    name: Literal["two-conv", "four-conv", "residual", "mlp", "logistic-regression"] = Field(
        "two-conv", description="its architecture"
    )
    steps: PositiveInt = Field(1_000, description="batches of training, whatever the size of the teaching set")
    batch_size: PositiveInt = Field(256, description="images in a step")
    learning_rate: PositiveFloat = Field(2e-3, description="Adam's step size at the start, cosine to zero")
    soft_dropout: bool = Field(True, description="whether soft labels are learned with dropout, as labels are")
    seeds: Seeds = Field((0, 1, 2), min_length=1, description="one training for each seed")


class PrivacySettings(Settings):
    """What a generator may tell of any one training image (differential privacy); nothing is promised by default."""

    epsilon: Annotated[float, Field(ge=0.1, le=10)] | None = Field(
        default=None,
        description="most that a run may spend, from 0.1 to 10: 1 in the experiment private, no private run elsewhere",
    )
    delta: Annotated[float, Field(gt=0, lt=0.01)] = Field(
        1e-5, description="chance that the guarantee does not hold; keep it far below one in the number of images"
    )
    total: PositiveFloat | None = Field(
        default=None,
        description="most epsilon that all private runs and retrainings from the same images may spend together",
    )
    class_images: Counts = Field(
        {},
        description="training images of each class by its number, if they are no secret; else they are counted noisily",
    )
    noise_seed: Seed | None = Field(
        default=None, description="of the noise, for tests alone: it voids the guarantee; if not given, nobody knows it"
    )

    @model_validator(mode="after")
    def _require_epsilon(self) -> Self:
        """The same; raises ValueError for settings of a private run without its epsilon."""
        if self.epsilon is None and (self.total, self.class_images, self.noise_seed) != (None, {}, None):
            raise ValueError(
                "Expected an epsilon beside total, class_images and noise_seed, got none; give --privacy.epsilon."
            )
        return self


class Experiment(Settings):
    """One run from data to report."""

    name: Name = Field("standard", description="a word for the run's name")
    seed: Seed = Field(0, description="of the split, the GAN and the drawn images")
    tolerate_collapse: bool = Field(
        False, description="whether a run with a collapsed generator may succeed; none becomes champion"
    )
    source: str | None = Field(
        default=None,
        min_length=1,
        description="folder, file, archive or URL (http, or one that fsspec knows) of labelled pictures; Fashion-MNIST "
        "is looked for if not given",
    )
    worth: Subsets = Field(
        6,
        description="real subsets that teach beside the whole training set, each in turn, to say as how many real "
        "images the synthetic ones teach; 0 to leave that out",
    )
    data: DataSettings = DataSettings()
    gan: GanSettings = GanSettings()
    dataset: DatasetSettings = DatasetSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    privacy: PrivacySettings = PrivacySettings()

    @model_validator(mode="after")
    def _require_private_steps(self) -> Self:
        """The same; raises ValueError for steps of a private run by which real-taught classifiers would leak."""
        if self.private and "filtered" in self.dataset.refinements:
            raise ValueError(
                "Expected no filtered set in a private run, as real-taught classifiers filter it, got one; "
                "say --dataset.refinements soft, whose labels are those of a private teacher."
            )
        if self.private and not self.gan.conditional:
            raise ValueError(
                "Expected a generator that is told the classes in a private run, got one whose images real-taught "
                "classifiers would label; leave out --gan.no-conditional, or say --experiment private."
            )
        return self

    @property
    def private(self) -> bool:
        """Whether the generator is to be differentially private."""
        return self.privacy.epsilon is not None

    def settings_digest(self) -> str:
        """The digest of all that shapes the result.

        Where the data lie does not, their content is digested itself; nor does the limit that a private run stays in.
        """
        without_limit = self.privacy.model_copy(update={"total": None})
        return self.model_copy(update={"name": "", "source": None, "privacy": without_limit}).digest()

    def digest(self) -> str:
        """SHA-256 of the settings but `worth`, which changes neither generator nor images: they are found as before."""
        return hashlib.sha256(self.model_dump_json(exclude={"worth"}).encode()).hexdigest()


class RetrainSettings(Settings):
    """How a challenger is trained and when it takes the champion's place."""

    start: Literal["scratch", "champion"] = Field(
        "scratch", description="weights to begin from: random ones, or the champion's with optimizers afresh"
    )
    standard_errors: PositiveFloat = Field(
        2.0, description="by how many of them the challenger's accuracy must exceed the champion's"
    )
    keep: PositiveInt = Field(
        5, description="newest versions to keep; the champion and the one before it stay in any case"
    )


STANDARD = Experiment()
SMOKE = Experiment(
    name="smoke",
    worth=0,
    gan=GanSettings(epochs=2),
    dataset=DatasetSettings(per_class=2_000),
    classifier=ClassifierSettings(steps=120),
)
FULL = Experiment(
    name="full",
    gan=GanSettings(epochs=60, generator_width=128, discriminator_width=128),
    dataset=DatasetSettings(per_class=80_000, refinements=("filtered", "soft")),
    classifier=ClassifierSettings(name="four-conv", steps=3_200, soft_dropout=False),
)
CLASSIC = Experiment(
    name="classic",
    gan=GanSettings(
        conditional=False,
        loss="cross-entropy",
        class_head_weight=0.0,
        penalty_weight=0.0,
        learning_rate=2e-4,
        final_learning_rate=1.0,
        beta_1=0.5,
        beta_2=0.999,
        ema_decay=0.0,
    ),
)
PRIVATE = Experiment(
    name="private",
    tolerate_collapse=True,  # the fewer an epsilon lets through, the less variety there is: the report says how much
    worth=0,
    gan=GanSettings(epochs=60, batch_size=400, generator_width=128, learning_rate=2e-3, beta_1=0.5, ema_decay=0.998),
    dataset=DatasetSettings(per_class=12_000, refinements=("soft",), refined_std=1.0),
    classifier=ClassifierSettings(name="four-conv", steps=3_200, soft_dropout=False),
    privacy=PrivacySettings(epsilon=1.0),
)
EXPERIMENTS = {experiment.name: experiment for experiment in (STANDARD, SMOKE, FULL, CLASSIC, PRIVATE)}
