"""Legends of a user's own for tests: three classes with codes apart, and forty."""

from allpa_engine.core.legend import LandClass, Legend

ANDES = Legend(
    (
        LandClass(10, "Queñual", "#358221"),
        LandClass(20, "Water", "#D9C76A", definition="A name that the bundled legend has too"),
        LandClass(200, "Laguna Ñañaca", "#1A5BAB", 0.5),
    )
)
"""No class of clouds and no roles; one name is in the message catalogue."""
CROPS_40 = Legend(
    tuple(
        LandClass(number + 1, f"Cultivo n.º {number + 1}", f"#{6 * number:02X}80{255 - 6 * number:02X}")
        for number in range(40)
    )
)
BOFEDAL = Legend(
    (
        LandClass(11, "Bofedal", "#87D19E"),
        LandClass(12, "Río", "#1A5BAB", role="water"),
        LandClass(13, "Nubes", "#C8C8C8", 0.0, role="clouds"),
    )
)
"""With roles: water and clouds."""
