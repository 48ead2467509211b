################################################################################
#
# tellyport
#
################################################################################

TELLYPORT_VERSION = 0.1.0
TELLYPORT_ARCH = $(if $(BR2_aarch64),arm64,$(if $(BR2_x86_64),amd64,armhf))
TELLYPORT_SOURCE = tellyport-$(TELLYPORT_VERSION)-linux-$(TELLYPORT_ARCH).tar.xz
TELLYPORT_SITE = $(call qstrip,$(BR2_PACKAGE_TELLYPORT_SITE))
TELLYPORT_SITE_METHOD = file
TELLYPORT_LICENSE = MIT
TELLYPORT_LICENSE_FILES = LICENSE NOTICE
TELLYPORT_DEPENDENCIES = nodejs

define TELLYPORT_INSTALL_TARGET_CMDS
	sh $(@D)/install.sh --root $(TARGET_DIR)
endef

define TELLYPORT_USERS
	tellyport -1 tellyport -1 * /var/lib/tellyport - video,render Tellyport
endef

define TELLYPORT_INSTALL_INIT_SYSTEMD
	mkdir -p $(TARGET_DIR)/etc/systemd/system/multi-user.target.wants
	ln -sf /usr/lib/systemd/system/tellyport.service \
		$(TARGET_DIR)/etc/systemd/system/multi-user.target.wants/tellyport.service
endef

$(eval $(generic-package))
