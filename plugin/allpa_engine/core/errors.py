"""The errors a user can meet: one class per cause, each with what happened, why, and what to do next."""

from __future__ import annotations


class AllpaError(Exception):
    """Base of every error that a user can meet.

    Parameters
    ----------
    what : one sentence that says what happened, in the user's words.
    why : the cause as far as it is known; may be empty.
    next_step : what the user can do now; defaults to the class's own advice.

    """

    code = "error"
    advice = "See the log for details and try again."

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        self.what = what
        self.why = why
        self.next_step = next_step or self.advice
        super().__init__(" ".join(part for part in (what, why, self.next_step) if part))


class JobInvalid(AllpaError):
    """The job file or a parameter cannot be used."""

    code = "job_invalid"
    advice = "Correct the parameter and run again; nothing was started."


class RegionInvalid(AllpaError):
    """The region is empty, crosses itself, or lies outside the area of the Sentinel-2 tiles."""

    code = "region_invalid"
    advice = "Draw the region again, or repair the layer with 'Fix geometries'."


class PeriodInvalid(AllpaError):
    """The dates are swapped or before Sentinel-2."""

    code = "period_invalid"
    advice = "Choose a start date before the end date, in 2015 or later."


class CatalogueUnreachable(AllpaError):
    """The catalogue did not answer, or answered with errors until all retries were used."""

    code = "catalogue_unreachable"
    advice = "Check the network and the proxy settings, or choose another catalogue."


class S3KeysMissing(AllpaError):
    """The catalogue's files need S3 keys, and there are none that can be used."""

    code = "s3_keys_missing"
    advice = (
        "Choose the keys in QGIS under Settings > Options > Allpa, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in "
        "the environment, or choose another catalogue."
    )


class NoScenes(AllpaError):
    """The search found nothing that can be used."""

    code = "no_scenes"
    advice = "Check that the region lies on land, widen the period, or allow more clouds."


class SceneUnreadable(AllpaError):
    """One scene is missing, incomplete or corrupt; another is used instead."""

    code = "scene_unreadable"
    advice = "Another scene is used instead; run again later to retry this one."


class ElevationUnreadable(SceneUnreadable):
    """A file of the elevation model is missing, incomplete or corrupt; what needs heights is left out."""

    code = "elevation_unreadable"
    advice = "Run again later, or name a raster of elevation of your own."


class ServerUnreachable(SceneUnreadable):
    """A scene's server gave no usable answer for as long as it was asked, or no request gets through to it."""

    code = "server_unreachable"
    advice = "Check the network and the proxy settings, then run again; downloaded scenes are kept."


class SceneUnsupported(AllpaError):
    """A catalogue item is not Sentinel-2 L2A, or its radiometry is unknown."""

    code = "scene_unsupported"
    advice = "The scene is left out; choose another catalogue if too many are."


class AllScenesFailed(AllpaError):
    """Scenes were found, but none could be read."""

    code = "all_scenes_failed"
    advice = "Choose other scenes or another catalogue; the log names the cause for each scene."


class DiskFull(AllpaError):
    """There is not enough disk space."""

    code = "disk_full"
    advice = "Free some disk space or choose another folder, then run again: finished steps are kept."


class FolderNotWritable(AllpaError):
    """The output or cache folder cannot be written."""

    code = "folder_not_writable"
    advice = "Choose a folder that you may write to."


class FolderInUse(AllpaError):
    """Another run writes to the output folder."""

    code = "folder_in_use"
    advice = "Wait until the other run has ended, or choose another folder."


class MapExists(AllpaError):
    """The output folder holds the map of another job for the same period."""

    code = "map_exists"
    advice = "Choose another folder, or allow the map to be replaced: the job's key overwrite, the parameter OVERWRITE."


class ModelInvalid(AllpaError):
    """The model file is not a UNet of Allpa's kind, or it is damaged."""

    code = "model_invalid"
    advice = "Use the bundled model, or a file written by Allpa's training."


class RasterInvalid(AllpaError):
    """A raster is not what the step needs: other grid, other codes, or unreadable."""

    code = "raster_invalid"
    advice = "Choose a raster that an earlier step of Allpa wrote."


class FeaturesInvalid(AllpaError):
    """A folder of features cannot be read, or lacks a feature that is asked for."""

    code = "features_invalid"
    advice = "Choose a folder that 'Seasonal composites' wrote, or write it again with the missing features."


class LegendInvalid(AllpaError):
    """A legend cannot be used: a code or name twice, a colour that is none, parents in a circle, an unreadable file."""

    code = "legend_invalid"
    advice = "Correct the legend, or choose a legend.json that Allpa wrote."


class LegendsDiffer(AllpaError):
    """Rasters that are used together have different classes."""

    code = "legends_differ"
    advice = "Choose rasters of one legend, made by the same model."


class SampleInvalid(AllpaError):
    """A sample of points cannot be drawn or read: too few pixels, a table that is missing, a label that is no class."""

    code = "sample_invalid"
    advice = "Choose a sample that 'Accuracy sample' or 'Import reference data' wrote, or draw a new one."


class SampleExists(AllpaError):
    """The file of the new sample holds labels, or is not a sample at all."""

    code = "sample_exists"
    advice = (
        "Choose another file, or allow the sample to be replaced: the job's key overwrite, the parameter OVERWRITE."
    )


class SampleOfAnotherMap(AllpaError):
    """The sample was drawn from another map than the one that is assessed."""

    code = "sample_of_another_map"
    advice = "Choose the map from which the sample was drawn, or draw a new sample from this map."


class ReferenceInvalid(AllpaError):
    """Reference data that were labelled elsewhere cannot be read, or do not fit the map."""

    code = "reference_invalid"
    advice = "Check the file, its CRS and the field of classes, and run again."


class TrainingInvalid(AllpaError):
    """Labels or training data of own classes cannot be used: unreadable, outside the images, of one class alone."""

    code = "training_invalid"
    advice = "Check the labels, their field of classes and their CRS, and make the training data again."


class EngineMissing(AllpaError):
    """The engine's Python environment is not installed or not complete."""

    code = "engine_missing"
    advice = "Install the engine from Allpa's settings, or set the path of its Python there."


class PartsMissing(AllpaError):
    """A group of optional packages of the engine, such as those for own classes, is not installed or not complete."""

    code = "parts_missing"
    advice = "Press 'Install the parts for own classes' in QGIS under Settings > Options > Allpa, then run again."


class ClusterUnreachable(AllpaError):
    """The Dask scheduler does not answer, was lost during the run, or has no workers."""

    code = "cluster_unreachable"
    advice = "Check the scheduler's address and that it runs, then run again: finished tiles are kept."


class ClusterUnfit(AllpaError):
    """The workers of the Dask scheduler cannot run the tiles: other versions, another model, too little memory."""

    code = "cluster_unfit"
    advice = "Install the same versions on all computers of the cluster, or start larger workers, and run again."


class StoreUnreachable(AllpaError):
    """The store of the tiles refuses, does not answer, or gives other bytes than were stored."""

    code = "store_unreachable"
    advice = (
        "Check the address of the store, and endpoint and keys in the AWS environment or profile, then run again: "
        "finished tiles are kept."
    )


class WorkerCrashed(AllpaError):
    """The engine's process ended without a result."""

    code = "worker_crashed"
    advice = "Close other programs to free memory, or choose a smaller region; run again to continue where it stopped."


class OutOfMemory(AllpaError):
    """The engine needed more memory than there is."""

    code = "out_of_memory"
    advice = "Close other programs or choose a smaller region; run again to continue where it stopped."


class Cancelled(AllpaError):
    """The user stopped the job."""

    code = "cancelled"
    advice = "Run again to continue where it stopped."
