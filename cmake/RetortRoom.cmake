# retort_room(<name> <folder> [ROOMS room...] [LIBS target...] [TEST_LIBS target...] [TORCH] [GLUE])
# One static library from the .cc files of one folder, and one test program from tests/<folder>/*_test.cc. Tests named
# *_slow_test.cc go into a second program whose tests carry the label `slow` (scripts/test --fast leaves them out), and
# *_api_test.cc, which want a real server, into a third with the label `api`.
# Other .cc files of tests/<folder> are what its tests share, but for fake_*.cc, programs of their own.
# A folder is globbed so that adding a file touches no list. GLUE: nothing in it runs long, so it is compiled at -O1, a
# third faster.
include(GoogleTest)

function(retort_compile_options target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
  if(RETORT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow)  # false alarms in std::string: GCC PR105651
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # the same in std::vector, Boost and LibTorch, and in fmt 9: GCC PR107532
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-dangling-reference)
  endif()
  target_compile_definitions(${target} PRIVATE RETORT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()

# One precompiled torch header serves every target that includes torch.
function(retort_torch target)
  target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
  if(NOT TARGET retort_torch_pch)
    add_library(retort_torch_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/torch_pch.cc)
    retort_compile_options(retort_torch_pch)
    target_link_libraries(retort_torch_pch PUBLIC LibTorch::LibTorch fmt::fmt)  # the flags of every target that reuses it
    target_precompile_headers(retort_torch_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/torch_pch.h)
  endif()
  target_precompile_headers(${target} REUSE_FROM retort_torch_pch)
endfunction()

# Sets `result` to those of the given files that include no torch of their own: the precompiled header would only slow
# them down, so they go without.
function(retort_torch_free result)
  set(free)
  foreach(source ${ARGN})
    file(STRINGS ${source} torch_includes REGEX "#include [<\"](ATen|torch|c10)/")
    if(NOT torch_includes)
      set_property(SOURCE ${source} PROPERTY SKIP_PRECOMPILE_HEADERS ON)
      list(APPEND free ${source})
    endif()
  endforeach()
  set(${result} ${free} PARENT_SCOPE)
endfunction()

function(retort_room name folder)
  cmake_parse_arguments(R "TORCH;GLUE" "" "ROOMS;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  list(TRANSFORM R_ROOMS PREPEND retort_)
  if(sources)
    add_library(retort_${name} STATIC ${sources})
    retort_compile_options(retort_${name})
    target_link_libraries(retort_${name} PUBLIC ${R_ROOMS} fmt::fmt nlohmann_json::nlohmann_json PRIVATE ${R_LIBS})
    if(R_TORCH)
      retort_torch(retort_${name})
      retort_torch_free(torch_free ${sources})
    endif()
    if(R_GLUE)
      target_compile_options(retort_${name} PRIVATE -O1)
    endif()
  else()
    add_library(retort_${name} INTERFACE)
    target_link_libraries(retort_${name} INTERFACE ${R_ROOMS})
  endif()
  if(NOT RETORT_BUILD_TESTS)
    return()
  endif()
  file(GLOB slow_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_slow_test.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cc)
  file(GLOB api_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_api_test.cc)
  list(REMOVE_ITEM tests ${slow_tests} ${api_tests} "")
  file(GLOB shared CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cc)
  list(FILTER shared EXCLUDE REGEX "(_test|/fake_[a-z_]+)\\.cc$")
  foreach(kind fast slow api)
    set(program ${name}_test)
    set(files ${tests})
    if(NOT kind STREQUAL fast)
      set(program ${name}_${kind}_test)
      set(files ${${kind}_tests})
    endif()
    if(NOT files)
      continue()
    endif()
    list(APPEND files ${shared})
    add_executable(${program} ${files})
    retort_compile_options(${program})
    target_link_libraries(${program} PRIVATE retort_${name} GTest::gmock GTest::gtest_main ${R_TEST_LIBS})
    if(R_TORCH)
      retort_torch(${program})
      retort_torch_free(torch_free ${files})
      set_property(SOURCE ${torch_free} APPEND PROPERTY COMPILE_OPTIONS -O1)
    else()
      target_compile_options(${program} PRIVATE -O1)  # half the time to compile; -O3 raises false alarms in GCC 12
    endif()
    target_compile_definitions(${program} PRIVATE RETORT_BINARY_DIR="${CMAKE_BINARY_DIR}")
    # Threads that wait sleep: tests run beside each other, and one that spins takes the core of another.
    gtest_discover_tests(${program} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS ${kind} TIMEOUT 900 ENVIRONMENT OMP_WAIT_POLICY=passive)
  endforeach()
endfunction()

# Every experiments/*.cc is one program; the target `binaries` is all of them and no test. Those named in `trains_alone`
# link no teacher, those in `config_alone` only the config room, in `report_alone` the report's, in `serves` the server; `without_torch` uses none
# of it.
function(retort_binaries folder)
  set(trains_alone train make_models)
  set(config_alone compose)
  set(report_alone report_index)
  set(serves serve)
  set(without_torch runs)  # uses none of it: not loading LibTorch saves most of its time
  add_custom_target(binaries)
  file(GLOB mains CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  foreach(main ${mains})
    get_filename_component(name ${main} NAME_WE)
    add_executable(${name} ${main})
    add_dependencies(binaries ${name})
    retort_compile_options(${name})
    target_compile_options(${name} PRIVATE -O1)  # the rooms do the work
    set_target_properties(${name} PROPERTIES INSTALL_RPATH "\$ORIGIN/../lib")  # scripts/release puts libraries there
    install(TARGETS ${name} RUNTIME DESTINATION libexec COMPONENT programs)
    if(name IN_LIST trains_alone)
      target_link_libraries(${name} PRIVATE retort_student)
    elseif(name IN_LIST config_alone)
      target_link_libraries(${name} PRIVATE retort_config)
    elseif(name IN_LIST report_alone)
      target_link_libraries(${name} PRIVATE retort_config retort_report)
    elseif(name IN_LIST serves)
      target_link_libraries(${name} PRIVATE retort_config retort_server)
    elseif(name IN_LIST without_torch)
      target_link_libraries(${name} PRIVATE -Wl,--as-needed stdc++ retort_look)  # stdc++ first: LibTorch has copies of its symbols
    else()
      target_link_libraries(${name} PRIVATE retort_look retort_provider_pages)
    endif()
  endforeach()
endfunction()
