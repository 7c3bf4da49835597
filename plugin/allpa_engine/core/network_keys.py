"""The job's keys on the training of networks."""

from __future__ import annotations

from .job_keys import Number, Switch, Text
from .sample_keys import Group
from .training_keys import FeatureNames

BUNDLED, MODEL, NOTHING = "bundled", "model", "nothing"
STARTS = (BUNDLED, MODEL, NOTHING)
"""A network is trained further from the bundled one or from the job's `model`, or begins with random numbers."""
ENCODER_PATTERN = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,79})?"

NETWORK = Group(
    "How the task train_network learns from the chips of the job's training data.",
    {
        "start": (
            Text(
                "What the training starts from: the bundled network, the network of the job's key model, or nothing.",
                choices=STARTS,
            ),
            BUNDLED,
        ),
        "encoder": (
            Text(
                "Where the training starts from nothing: an encoder of segmentation_models_pytorch by its name, such "
                "as resnet18; empty takes Allpa's own UNet.",
                80,
                pattern=ENCODER_PATTERN,
                pattern_text="the name of an encoder, such as resnet18",
            ),
            "",
        ),
        "pretrained": (
            Switch("Whether the encoder's weights of ImageNet are downloaded, from the Hugging Face Hub."),
            False,
        ),
        "features": (
            FeatureNames("Bands of the chips that the network reads; an empty list takes all bands of reflectance."),
            [],
        ),
        "steps": (Number("Largest number of steps; the training may stop before.", 1, 1_000_000, is_whole=True), 600),
        "batch_size": (Number("Crops of one step.", 1, 256, is_whole=True), 8),
        "crop_px": (
            Number("Side of a crop in pixels; it is rounded up to what the network can read.", 16, 1024, is_whole=True),
            96,
        ),
        "learning_rate": (
            Number(
                "Largest learning rate, after the warm-up; 0 takes 0.0001 where a network is trained further, and "
                "0.001 from nothing.",
                0,
                1.0,
            ),
            0.0,
        ),
        "validate_every": (Number("Steps from one validation to the next.", 1, 100_000, is_whole=True), 50),
        "early_stopping_rounds": (
            Number(
                "Validations without a higher mean of overall accuracy and mean F1 after which the training stops.",
                1,
                1000,
                is_whole=True,
            ),
            5,
        ),
        "augmentation": (
            Switch("Whether crops are lit differently each time; they are always turned and mirrored."),
            True,
        ),
        "seed": (
            Number("The same seed parts and draws the chips in the same way.", 0, 2_147_483_647, is_whole=True),
            1,
        ),
    },
)
"""The key `network_options`."""
