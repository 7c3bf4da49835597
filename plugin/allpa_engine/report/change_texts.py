"""Texts of the report on change that the report on a map does not have, English and Spanish side by side."""

from __future__ import annotations

from ..core.messages import is_spanish
from .texts import texts_in

_TEXTS: dict[str, tuple[str, str]] = {
    "change": ("Land-cover change", "Cambio de la cobertura de la tierra"),
    "compared": ("compared: both maps show land", "comparado: ambos mapas muestran tierra"),
    "changed": ("of another class than before", "de otra clase que antes"),
    "confident": ("of the change is confident", "del cambio es confiable"),
    "warning": ("Read this first", "Léase primero"),
    "change_map_alt": (
        "Map of the change: where the class is another one, in the colour of the later class",
        "Mapa del cambio: donde la clase es otra, en el color de la clase posterior",
    ),
    "became": ("→ {land}", "→ {land}"),
    "stayed": ("same class (pale)", "misma clase (pálido)"),
    "balance": ("Gain and loss of each class", "Ganancia y pérdida de cada clase"),
    "before": ("Before (ha)", "Antes (ha)"),
    "after": ("After (ha)", "Después (ha)"),
    "kept": ("Kept (ha)", "Se mantiene (ha)"),
    "gain": ("Gain (ha)", "Ganancia (ha)"),
    "loss": ("Loss (ha)", "Pérdida (ha)"),
    "net": ("Net (ha)", "Neto (ha)"),
    "balance_alt": (
        "Bars of loss (left) and gain (right) of each class, in hectares",
        "Barras de pérdida (izquierda) y ganancia (derecha) de cada clase, en hectáreas",
    ),
    "clouds_note": (
        "Only land that both maps show is counted; Clouds hide the land and are no change of it.",
        "Solo se cuenta la tierra que muestran ambos mapas; las nubes la ocultan y no son un cambio.",
    ),
    "flows": ("What became of what", "Qué pasó a ser qué"),
    "flows_alt": (
        "Flows between the classes of the two maps, as wide as their areas; the table below holds the figures",
        "Flujos entre las clases de los dos mapas, tan anchos como sus áreas; la tabla de abajo tiene las cifras",
    ),
    "from_to": ("From ↓ to → (ha)", "De ↓ a → (ha)"),
    "total": ("Total", "Total"),
    "each_class": ("Class by class", "Clase por clase"),
    "lost_to": ("lost to", "pérdida a"),
    "gained_from": ("gained from", "ganancia de"),
    "others": ("{count} others together", "otras {count} juntas"),
    "nothing_changed": (
        "No pixel has another class than before.",
        "Ningún píxel tiene otra clase que antes.",
    ),
    "section_note": (
        "Percents of what was lost are of the class’s area before, of what was gained of its area after.",
        "Los porcentajes de pérdida son del área de la clase antes; los de ganancia, de su área después.",
    ),
    "one_class_alt": (
        "Map of where {land} was lost, gained and kept",
        "Mapa de dónde {land} tiene pérdida, ganancia o se mantiene",
    ),
    "certainty": ("How sure the change is", "Qué tan seguro es el cambio"),
    "certain": (
        "{percent} % of the changed pixels are confident: in both maps the winner has at least {confidence} % of the "
        "scores and {agreement} % of the clear observations, of which there are at least {observations}. "
        "These thresholds were chosen by reasoning; they are not calibrated.",
        "El {percent} % de los píxeles cambiados es confiable: en ambos mapas la clase ganadora tiene al menos el "
        "{confidence} % de los puntajes y el {agreement} % de las observaciones despejadas, que son al menos "
        "{observations}. Estos umbrales se eligieron por razonamiento; no están calibrados.",
    ),
    "not_certain": (
        "It is not told which changes are confident: that needs the quality rasters of both maps on one grid.",
        "No se indica qué cambios son confiables: para ello se necesitan las capas de calidad de ambos mapas en una "
        "misma cuadrícula.",
    ),
    "timeline": ("Area of each class by period (ha)", "Área de cada clase por período (ha)"),
    "timeline_alt": (
        "Area of each class by period; the table below holds the figures",
        "Área de cada clase por período; la tabla de abajo tiene las cifras",
    ),
    "maps": ("Maps compared", "Mapas comparados"),
    "change_citation": (
        "{heading}: land-cover change {first} – {last}, read from two maps with Allpa {version}. "
        "Contains modified Copernicus Sentinel data.",
        "{heading}: cambio de la cobertura de la tierra {first} – {last}, leído de dos mapas con Allpa {version}. "
        "Contiene datos Copernicus Sentinel modificados.",
    ),
    "change_method": (
        "On assessing change: Olofsson et al. (2014), Good practices for estimating area and assessing accuracy of "
        "land change, Remote Sensing of Environment 148, 42–57.",
        "Sobre la evaluación del cambio: Olofsson et al. (2014), Good practices for estimating area and assessing "
        "accuracy of land change, Remote Sensing of Environment 148, 42–57.",
    ),
}


def change_texts_in(language: str) -> dict[str, str]:
    """The texts of both reports by key, in one language."""
    return texts_in(language) | {key: pair[1 if is_spanish(language) else 0] for key, pair in _TEXTS.items()}
