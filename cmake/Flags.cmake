# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags of everything in this tree.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# The default of CMake would take assert() away
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
include(CheckPIESupported)
check_pie_supported()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
	-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla
	-Wcast-qual -Wwrite-strings -Wimplicit-fallthrough
	-fno-common -ffunction-sections -fdata-sections -fstack-protector-strong)
if(OPENPIMS_WERROR)
	add_compile_options(-Werror)
endif()

include_directories("${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
add_link_options(-Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed)

# The linker of the tests, and of all where the sanitizers' runtimes are linked in; what is shipped is linked by the compiler's own
include(CheckLinkerFlag)
check_linker_flag(C -fuse-ld=lld OPENPIMS_HAVE_LLD)
set(quick_linker $<$<BOOL:${OPENPIMS_HAVE_LLD}>:-fuse-ld=lld>)

if(OPENPIMS_SANITIZE)
	# Reports need names and lines only
	string(REPLACE "-g" "-g1" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
	add_link_options(${quick_linker})
	add_compile_options(-fsanitize=${OPENPIMS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${OPENPIMS_SANITIZE})
else()
	# _FORTIFY_SOURCE wants an optimised build, and its checked calls hide bugs from the sanitizers
	add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
if(OPENPIMS_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(OPENPIMS_COVERAGE)
	add_compile_options(--coverage -O0)
	add_link_options(--coverage)
endif()
