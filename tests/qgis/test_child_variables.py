"""What the engine's process inherits: proxies and certificates that a company needs, nothing of QGIS's own."""

import pytest


@pytest.fixture
def environment(allpa):
    from allpa.plugin.worker import environment as child_environment

    return child_environment


@pytest.fixture
def settings(tmp_path, qgis_app):
    from qgis.core import QgsSettings
    from qgis.PyQt.QtCore import QSettings

    return QgsSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def proxy(settings, **values):
    for key, value in values.items():
        settings.setValue(f"proxy/{key}", value)


def test_qgis_s_proxy_is_passed_on_with_its_login_escaped(environment, settings):
    proxy(settings, proxyEnabled=True, proxyType="HttpProxy", proxyHost="proxy.example", proxyPort="3128")
    proxy(settings, proxyUser="ana@example", proxyPassword="a:b/c", noProxyUrls=["http://intranet.example/x"])
    made = environment.qgis_proxies(settings)
    assert made["https_proxy"] == "http://ana%40example:a%3Ab%2Fc@proxy.example:3128"
    assert made["HTTP_PROXY"] == made["https_proxy"]
    assert made["no_proxy"].split(",") == ["localhost", "127.0.0.1", "intranet.example"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"proxyEnabled": False, "proxyType": "HttpProxy", "proxyHost": "proxy.example"},
        {"proxyEnabled": True, "proxyType": "DefaultProxy", "proxyHost": ""},
    ],
)
def test_no_proxy_of_qgis_s_leaves_the_system_s(environment, settings, values):
    proxy(settings, **values)
    assert environment.qgis_proxies(settings) == {}
    kept = environment.child_variables({"https_proxy": "http://system:1"}, "/usr", {})
    assert kept["https_proxy"] == "http://system:1"


def test_a_company_s_certificates_stay_and_qgis_s_own_go(environment, tmp_path):
    qgis = tmp_path / "QGIS"
    qgis.mkdir()
    own, company = qgis / "cert.pem", tmp_path / "company.pem"
    own.write_text("")
    company.write_text("")
    inherited = {"SSL_CERT_FILE": str(own), "REQUESTS_CA_BUNDLE": str(company), "CURL_CA_BUNDLE": "/gone.pem"}
    made = environment.child_variables(inherited, str(qgis), {})
    assert made["REQUESTS_CA_BUNDLE"] == str(company)
    assert not {"SSL_CERT_FILE", "CURL_CA_BUNDLE"} & set(made)


def test_the_system_s_certificates_stay_where_qgis_lives_in_usr(environment, tmp_path):
    made = environment.child_variables({"SSL_CERT_FILE": __file__}, "/usr", {})
    assert made["SSL_CERT_FILE"] == __file__


def test_settings_have_types_and_go_back_to_their_default(allpa):
    from allpa.plugin import settings

    assert settings.DEVICE.value() == "auto"
    settings.DEVICE.set_value(" cuda ")
    assert settings.DEVICE.value() == "cuda"
    settings.DEVICE.set_value("")
    assert settings.DEVICE.value() == "auto"
    settings.THREADS.set_value(3)
    assert settings.THREADS.value() == 3
    settings.THREADS.set_value(0)


@pytest.fixture
def auth_manager(qgis_app, environment, monkeypatch):
    """QGIS's authentication store as far as it is asked, with one login and one authority."""
    from qgis.core import QgsAuthMethodConfig

    class Manager:
        unlocked, authorities = True, []

        def isDisabled(self):  # noqa: N802 - QGIS's name
            return False

        def masterPasswordIsSet(self):  # noqa: N802
            return self.unlocked

        def loadAuthenticationConfig(self, config_id, _config, _full):  # noqa: N802
            made = QgsAuthMethodConfig()
            made.setConfig("username", "ana")
            made.setConfig("password", "p:w")
            return config_id == "proxy01", made

        def databaseCAs(self):  # noqa: N802
            return self.authorities

        extraFileCAs = databaseCAs  # noqa: N815

        def trustedCaCertsPemText(self):  # noqa: N802
            return b"-----BEGIN CERTIFICATE-----"

    manager = Manager()
    monkeypatch.setattr(environment.QgsApplication, "authManager", lambda: manager)
    return manager


def test_the_proxy_s_login_comes_from_the_authentication_store(environment, settings, auth_manager):
    proxy(settings, proxyEnabled=True, proxyType="HttpProxy", proxyHost="proxy.example", authcfg="proxy01")
    assert environment.qgis_proxies(settings)["https_proxy"] == "http://ana:p%3Aw@proxy.example"
    auth_manager.unlocked = False  # nothing asks for the master password here
    assert environment.qgis_proxies(settings)["https_proxy"] == "http://proxy.example"
    auth_manager.unlocked = True
    settings.setValue("proxy/authcfg", "gone")
    settings.setValue("proxy/proxyUser", "luis")
    assert environment.qgis_proxies(settings)["https_proxy"] == "http://luis:@proxy.example"


def test_authorities_that_were_added_to_qgis_reach_the_engine(environment, auth_manager, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in environment.CERTIFICATE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert "SSL_CERT_FILE" not in environment.current_child_variables()
    auth_manager.authorities = ["one"]
    made = environment.current_child_variables()
    file = tmp_path / "allpa" / "certificates.pem"
    assert {made[name] for name in environment.CERTIFICATE_VARIABLES} == {str(file)}
    assert file.read_text() == "-----BEGIN CERTIFICATE-----"
    company = tmp_path / "company.pem"
    company.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(company))  # what was set for this QGIS comes first
    assert environment.current_child_variables()["SSL_CERT_FILE"] == str(company)
