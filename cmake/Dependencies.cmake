# SPDX-License-Identifier: Apache-2.0
# Debian packages of these: scripts/deps.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose>=0.6.2)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat>=2.5)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls>=3.7) # microhttpd's TLS
find_library(UNISTRING_LIBRARY unistring REQUIRED) # it has no .pc file
find_path(UNISTRING_INCLUDE uninorm.h REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(FIDO REQUIRED IMPORTED_TARGET libfido2>=1.12)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode>=4.1)
if(OPENPIMS_TESTS)
	pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka>=1.1.5)
	pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl>=3.0)
endif()
