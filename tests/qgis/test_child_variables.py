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
