# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where; server/ and cli/ add their own: pimsd, the completion.

# relative to the file, so that it is right for any --prefix
file(RELATIVE_PATH pc_prefix "/x/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/x")
configure_file("${CMAKE_SOURCE_DIR}/pims.pc.in" "${CMAKE_BINARY_DIR}/pims.pc" @ONLY)
configure_file("${CMAKE_SOURCE_DIR}/pimsd-sandbox.pc.in" "${CMAKE_BINARY_DIR}/pimsd-sandbox.pc" @ONLY)

if(TARGET pims_shared)
	install(TARGETS pims_shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" NAMELINK_COMPONENT dev)
endif()
if(TARGET pimsd_sandbox)
	install(TARGETS pimsd_sandbox LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev)
	install(FILES "${CMAKE_BINARY_DIR}/pimsd-sandbox.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
endif()
if(TARGET pims)
	install(TARGETS pims RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/pims" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(FILES "${CMAKE_BINARY_DIR}/pims.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)

foreach(section 1 3 5 7 8)
	file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/man/*.${section}")
	if(pages)
		install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
	endif()
endforeach()
install(FILES "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
	DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
