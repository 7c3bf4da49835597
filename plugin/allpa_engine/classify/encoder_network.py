"""Networks with an exchangeable encoder: any of `segmentation_models_pytorch` by its name, with that package's UNet.

The package is an optional part of the engine. Only names that it lists are taken, and pretrained weights are downloaded
only where a training asks for them: reading a model builds the network with random numbers and fills in its own.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..core.errors import ModelInvalid
from ..core.messages import message
from ..core.parts import ENCODERS, require_parts
from .unet import ReflectanceInput

ENCODER_STRIDE = 32
"""Total downsampling of an encoder of five levels."""
DEFAULT_MARGIN_PX = 96
"""Pixels cut from each side of a chip. A class can depend on land farther away, so seams are small but not exact."""
DECODER_CHANNELS = (128, 64, 48, 32, 24)
"""Of the five levels of the decoder, the coarsest first; half of the package's default and less, for CPUs."""
MAX_MARGIN_PX, MAX_CHANNELS = 512, 1024
PRETRAINED = "imagenet"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_UNIVERSAL = "tu-"
"""Prefix of the encoders that the package takes from `timm` by their names there."""


@dataclass(frozen=True)
class EncoderStructure:
    """What must be known to build a network before its weights are loaded."""

    encoder: str
    """Name in `encoder_names`, or `tu-` and the name of a network of `timm`."""
    decoder_channels: tuple[int, ...] = DECODER_CHANNELS
    margin: int = DEFAULT_MARGIN_PX

    @property
    def stride(self) -> int:
        """Sides of chips are multiples of this."""
        return ENCODER_STRIDE

    @property
    def core_margins(self) -> tuple[int, int]:
        """Pixels that a chip has before and after a core."""
        return self.margin, self.margin

    def to_dict(self) -> dict[str, object]:
        """Plain types, for the card."""
        return asdict(self) | {"decoder_channels": list(self.decoder_channels)}


class EncoderNetwork(nn.Module):
    """`(batch, band, y, x)` surface reflectance 0..1 -> `(batch, class, y, x)` logits; sides in multiples of 32.

    Parameters
    ----------
    structure : names and widths.
    band_count, class_count : of input and output.
    pretrained : whether the encoder starts from the package's weights of ImageNet, which are downloaded.

    Raises
    ------
    ModelInvalid : where there is no such encoder, or it cannot be joined with the decoder.
    PartsMissing : where the package is not installed.

    """

    def __init__(
        self, structure: EncoderStructure, band_count: int, class_count: int, *, pretrained: bool = False
    ) -> None:
        super().__init__()
        check_encoder(structure.encoder)
        self.architecture = structure
        self.band_count, self.class_count = band_count, class_count
        self.input = ReflectanceInput(band_count)
        weights = PRETRAINED if pretrained else None
        try:
            built = _package().Unet(
                structure.encoder,
                encoder_weights=weights,
                decoder_channels=structure.decoder_channels,
                in_channels=band_count,
                classes=1,
            )
        except (KeyError, ValueError, RuntimeError, TypeError, NotImplementedError, AttributeError) as error:
            raise ModelInvalid(
                message("The encoder {name} cannot be used in a network.", name=structure.encoder),
                str(error)[:300],
                message("Choose another encoder, such as resnet18 or mobilenet_v2."),
            ) from error
        self.encoder, self.decoder = built.encoder, built.decoder
        self.head = nn.Conv2d(structure.decoder_channels[-1], class_count, 1)

    def forward(self, reflectance: Tensor) -> Tensor:
        """Logits by channel."""
        logits: Tensor = self.head(self.features(reflectance))
        return logits

    def features(self, reflectance: Tensor) -> Tensor:
        """What the last layer reads: `(batch, channel, y, x)`."""
        levels = self.encoder(self.input(reflectance))
        features: Tensor = self.decoder(levels)
        return features


def encoder_names() -> tuple[str, ...]:
    """The encoders that the package lists; those of `timm` may be used too, by `tu-` and their names there.

    Raises
    ------
    PartsMissing : where the package is not installed.

    """
    return tuple(_package().encoders.get_encoder_names())


def check_encoder(name: str) -> None:
    """Refuse what is not the name of an encoder: names may come from a model's card.

    Parameters
    ----------
    name : of an encoder.

    Raises
    ------
    ModelInvalid : where it is none. Addresses and paths, which the packages would load from, are none.
    PartsMissing : where the package is not installed.

    """
    if _NAME.fullmatch(name):
        if name in encoder_names():
            return
        if name.startswith(_UNIVERSAL):
            import timm

            if name.removeprefix(_UNIVERSAL) in timm.list_models():
                return
    names = encoder_names()
    raise ModelInvalid(
        message("There is no encoder {name}.", name=repr(name)[:80]),
        message("There are {count}, such as {names}.", count=len(names), names=", ".join(names[:8])),
        message("Choose an encoder of segmentation_models_pytorch by its name."),
    )


def _package() -> Any:  # noqa: ANN401 - a module without types
    """The module `segmentation_models_pytorch`."""
    require_parts(ENCODERS)
    try:
        import segmentation_models_pytorch
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
        _define_operators_on_boxes()
        import segmentation_models_pytorch
    return segmentation_models_pytorch


def _define_operators_on_boxes() -> None:
    """Let `torchvision` be imported where its compiled part was built for another kind of PyTorch.

    Its import fails where two operators on boxes are not known. No encoder uses them.
    """
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
