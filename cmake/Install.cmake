# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where. Man pages and the completion are taken when they are there.

set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
configure_file("${CMAKE_SOURCE_DIR}/pims.pc.in" "${CMAKE_BINARY_DIR}/pims.pc" @ONLY)

if(TARGET pims_shared)
	install(TARGETS pims_shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" NAMELINK_COMPONENT dev)
endif()
foreach(program pims pimsd)
	if(TARGET ${program})
		install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
	endif()
endforeach()
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/pims" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(FILES "${CMAKE_BINARY_DIR}/pims.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)

foreach(section 1 3 5 7 8)
	file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/man/*.${section}")
	if(pages)
		install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
	endif()
endforeach()
file(GLOB completions CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/packaging/completion/*")
foreach(completion IN LISTS completions)
	cmake_path(GET completion STEM command)
	install(FILES "${completion}" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME "${command}")
endforeach()
install(FILES "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
	DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
