# SPDX-License-Identifier: Apache-2.0
# cmake -DOUTPUT=FILE.c -DHEADER=H -DINPUTS="name=file;…" -P Embed.cmake: files as NUL-terminated arrays of a C file
file(WRITE "${OUTPUT}.new" "/* SPDX-License-Identifier: Apache-2.0 */\n#include \"${HEADER}\"\n")
foreach(input IN LISTS INPUTS)
	string(REGEX MATCH "^([^=]+)=(.*)$" _ "${input}")
	set(name "${CMAKE_MATCH_1}")
	file(READ "${CMAKE_MATCH_2}" hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	file(APPEND "${OUTPUT}.new" "\nconst unsigned char ${name}[] = {${bytes}0};\n")
endforeach()
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
