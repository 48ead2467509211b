SUMMARY = "Private TV station of a set-top box"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=8fba58c65a2f901bba082688fbef9b91"

TELLYPORT_ARCH:aarch64 = "arm64"
TELLYPORT_ARCH:arm = "armhf"
TELLYPORT_ARCH:x86-64 = "amd64"
COMPATIBLE_HOST = "(aarch64|arm|x86_64).*-linux(-gnueabi)?"
COMPATIBLE_HOST:libc-musl = "null"

# From scripts/build-packages; SHA256SUMS has the checksums.
SRC_URI = "file://tellyport-${PV}-linux-${TELLYPORT_ARCH}.tar.xz"
S = "${WORKDIR}/tellyport-${PV}-linux-${TELLYPORT_ARCH}"

inherit systemd useradd

DEPENDS = ""
RDEPENDS:${PN} = "nodejs"
RRECOMMENDS:${PN} = "ffmpeg"

SYSTEMD_SERVICE:${PN} = "tellyport.service"

# The same as systemd/sysusers.d, for images without systemd-sysusers.
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system video; --system render; --system tellyport; --system tellyport-cloud"
USERADD_PARAM:${PN} = "--system --gid tellyport --groups video,render --home-dir /var/lib/tellyport --no-create-home --shell /sbin/nologin tellyport; \
  --system --gid tellyport-cloud --home-dir /var/lib/tellyport-cloud --no-create-home --shell /sbin/nologin tellyport-cloud"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
    sh ${S}/install.sh --root ${D}
}

FILES:${PN} += "${nonarch_libdir}"
# Native parts come ready made.
INSANE_SKIP:${PN} += "already-stripped ldflags file-rdeps arch"
INHIBIT_PACKAGE_STRIP = "1"
