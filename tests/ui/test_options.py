"""The options page keeps what is set, and nothing before OK."""

import pytest
from dock_fixtures import wait_until
from qgis.gui import QgsAuthConfigSelect, QgsFileWidget
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QWidget


@pytest.fixture
def page(algorithms, clean_settings):
    from allpa.ui.options import AllpaOptionsFactory

    factory = AllpaOptionsFactory()
    parent = QWidget()
    made = factory.createWidget(parent)
    yield made
    wait_until(lambda: made.findChild(QLabel, "allpaEngineText").text() != "")
    parent.deleteLater()


def test_values_are_saved_on_apply_only(page, tmp_path):
    from allpa.plugin import settings

    page.findChild(QgsFileWidget, "allpaOptionsEnginePython").setFilePath("/opt/engine/bin/python")
    page.findChild(QgsFileWidget, "allpaOptionsCache").setFilePath(str(tmp_path))
    catalogue = page.findChild(QComboBox, "allpaOptionsCatalogue")
    catalogue.setCurrentIndex(catalogue.findData("earth_search"))
    device = page.findChild(QComboBox, "allpaOptionsDevice")
    device.setCurrentIndex(device.findData("cpu"))
    page.findChild(QSpinBox, "allpaOptionsThreads").setValue(3)
    page.findChild(QSpinBox, "allpaOptionsCacheLimit").setValue(50)
    page.findChild(QSpinBox, "allpaOptionsIdleMinutes").setValue(0)
    page.findChild(QSpinBox, "allpaOptionsCatalogueHours").setValue(72)
    page.findChild(QgsFileWidget, "allpaOptionsPackages").setFilePath("/media/stick/packages.zip")
    assert settings.ENGINE_PYTHON.value() == ""
    assert settings.THREADS.value() == 0
    page.apply()
    assert settings.ENGINE_PYTHON.value() == "/opt/engine/bin/python"
    assert settings.CACHE_FOLDER.value() == str(tmp_path)
    assert settings.CATALOGUE.value() == "earth_search"
    assert settings.DEVICE.value() == "cpu"
    assert settings.THREADS.value() == 3
    assert settings.CACHE_LIMIT.value() == 50
    assert settings.ENGINE_IDLE_MINUTES.value() == 0
    assert settings.CATALOGUE_HOURS.value() == 72
    assert settings.PACKAGES.value() == "/media/stick/packages.zip"


def test_new_default_catalogue_reaches_the_dock(page):
    from allpa.ui.job_form import CATALOGUE, JobForm

    CATALOGUE.set_value("cdse")
    catalogue = page.findChild(QComboBox, "allpaOptionsCatalogue")
    catalogue.setCurrentIndex(catalogue.findData("earth_search"))
    page.apply()
    assert JobForm().parameters()["CATALOGUE"] == "earth_search"


def test_engine_is_installed_from_the_page(page, algorithms):
    wait_until(lambda: page.findChild(QLabel, "allpaEngineText").text() == "Engine ready (cpu)")
    algorithms["allpa:status"].ready = False
    page.engine.refresh()
    install = page.findChild(QPushButton, "allpaInstallEngine")
    wait_until(lambda: not install.isHidden())
    install.click()
    wait_until(lambda: page.findChild(QLabel, "allpaEngineText").text() == "Engine ready (cpu)")
    assert install.isHidden()


def test_size_of_the_download_stands_beside_the_button(page, algorithms):
    algorithms["allpa:status"].ready = False
    wait_until(lambda: page.engine.ready is not None)
    page.engine.refresh()
    install = page.findChild(QPushButton, "allpaInstallEngine")
    wait_until(lambda: not install.isHidden())
    assert "294 MB are downloaded" in page.findChild(QLabel, "allpaEngineText").text()
    assert install.text() == "Install engine"


@pytest.mark.parametrize(("state", "button"), [("engine_broken", "Repair engine"), ("engine_installing", None)])
def test_a_damaged_engine_is_repaired_and_one_that_is_being_installed_left_alone(
    page, algorithms, monkeypatch, state, button
):
    monkeypatch.setattr(algorithms["allpa:status"], "state", state)
    algorithms["allpa:status"].ready = False
    wait_until(lambda: page.engine.ready is not None)
    page.engine.refresh()
    text = page.findChild(QLabel, "allpaEngineText")
    wait_until(lambda: page.engine.ready is False and not text.text().startswith("Verifying"))
    install = page.findChild(QPushButton, "allpaInstallEngine")
    assert install.isHidden() == (button is None)
    if button:
        assert install.text() == button
    else:
        assert text.text() == "The engine is being installed."


def test_no_warning_sign_while_the_engine_is_verified(page, algorithms):
    icon, text = page.findChild(QLabel, "allpaEngineIcon"), page.findChild(QLabel, "allpaEngineText")
    install = page.findChild(QPushButton, "allpaInstallEngine")
    wait_until(lambda: page.engine.ready is not None)
    algorithms["allpa:status"].ready = False
    page.engine.refresh()
    wait_until(lambda: not install.isHidden())
    assert not icon.pixmap().isNull()
    page.engine.refresh()
    assert text.text() == "Verifying the engine…"
    assert icon.pixmap() is None or icon.pixmap().isNull()
    assert install.isHidden()


@pytest.fixture
def configuration(qgis_app):
    """Id of a stored configuration; the store is locked again."""
    from qgis.core import QgsApplication, QgsAuthMethodConfig

    store = QgsApplication.authManager()
    assert store.setMasterPassword("master of the tests", True)
    config = QgsAuthMethodConfig("Basic")
    config.setName("Copernicus")
    config.setConfig("username", "id")
    config.setConfig("password", "hidden")
    assert store.storeAuthenticationConfig(config)[0]
    store.clearMasterPassword()
    yield config.id()
    store.setMasterPassword("master of the tests", True)
    store.removeAllAuthenticationConfigs()


def test_keys_are_chosen_by_their_configuration_without_opening_the_store(page, configuration):
    from allpa.plugin import settings
    from allpa.ui.options import AllpaOptionsPage
    from qgis.core import QgsApplication, QgsSettings

    page.findChild(QgsAuthConfigSelect, "allpaOptionsKeys").setConfigId(configuration)
    page.apply()
    assert settings.S3_KEYS.value() == configuration
    kept = [QgsSettings().value(name) for name in QgsSettings().allKeys() if name.startswith("allpa/")]
    assert "hidden" not in map(str, kept)
    again = AllpaOptionsPage()
    chooser = again.findChild(QgsAuthConfigSelect, "allpaOptionsKeys")
    assert chooser.configId() == configuration
    chooser.setConfigId("")
    again.apply()
    assert settings.S3_KEYS.value() == ""
    assert not QgsApplication.authManager().masterPasswordIsSet()
    wait_until(lambda: again.findChild(QLabel, "allpaEngineText").text() != "")
    again.deleteLater()


def test_dock_and_options_show_one_installation(dock, page, algorithms):
    algorithms["allpa:status"].ready = False
    algorithms["allpa:installengine"].behaviour = "wait"
    wait_until(lambda: dock.engine.ready is not None and page.engine.ready is not None)
    dock.engine.install()
    buttons = [widget.findChild(QPushButton, "allpaInstallEngine") for widget in (dock, page)]
    wait_until(lambda: [button.text() for button in buttons] == ["Cancel", "Cancel"])
    algorithms["allpa:status"].ready = True
    buttons[1].click()
    wait_until(lambda: all(button.isHidden() for button in buttons))
    wait_until(lambda: dock.engine.ready and page.engine.ready)


def test_the_gpu_engine_is_offered_where_there_is_a_gpu_and_left_again(page, algorithms, monkeypatch):
    gpu = page.findChild(QWidget, "allpaGpu")
    text, button = page.findChild(QLabel, "allpaGpuText"), page.findChild(QPushButton, "allpaGpuInstall")
    wait_until(lambda: page.engine.ready is not None)
    assert gpu.isHidden()
    started = []
    monkeypatch.setattr(page.engine, "install", started.append)
    page.engine.status_known.emit(
        {"READY": True, "GPU_STATE": "available", "GPU_DOWNLOAD": "2.9 GB", "GPU_DISK": "5 GB"}
    )
    assert not gpu.isHidden()
    assert "downloads 2.9 GB, needs 5 GB on disk" in text.text()
    button.click()
    page.engine.status_known.emit({"READY": True, "GPU_STATE": "installed"})
    button.click()
    assert started == ["cuda", "cpu"]


def test_packages_that_were_chosen_are_taken_before_the_page_is_saved(page, monkeypatch):
    started = []
    wait_until(lambda: page.engine.ready is not None)
    page.findChild(QgsFileWidget, "allpaOptionsPackages").setFilePath("/media/stick/packages.zip")
    monkeypatch.setattr(page.engine._installation, "start", lambda name, values: started.append((name, values)))
    page.engine.install()
    assert started == [("allpa:installengine", {"PACKAGES": "/media/stick/packages.zip"})]
