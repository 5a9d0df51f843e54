"""Which versions of the peers are compared? The only place that names one.

Programs of the Debian release have the version that the release has; the table says which.
"""

CRATES = {"oha": "1.16.0"}
GO_MODULES = {
    "bombardier": ("github.com/codesenberg/bombardier", "v1.2.6"),
    "fortio": (
        "fortio.org/fortio",
        "v1.66.5",
    ),  # the last ones ask for modules that few proxies have
    "k6": ("go.k6.io/k6", "v1.8.1"),
    "vegeta": ("github.com/tsenart/vegeta/v12", "v12.12.0"),
}
NPM_PACKAGES = {"autocannon": "8.0.0"}
PYTHON_PACKAGES = {"aiohttp": "3.14.5", "locust": "2.47.0"}
DEBIAN_PACKAGES = {
    "ab": "apache2-utils",
    "h2load": "nghttp2-client",
    "hey": "hey",
    "nginx": "nginx-light",
    "openssl": "openssl",
    "wrk": "wrk",
}
