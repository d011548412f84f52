# Finds LibTorch, the C++ side of PyTorch, in a wheel, a conda environment or an unpacked libtorch; defines
# LibTorch::LibTorch. PyTorch's own TorchConfig.cmake wants the CUDA toolkit wherever the wheel was built for CUDA; this
# links torch_cpu and c10 only, and CUDA can be switched on at run time by dlopen("libtorch_cuda.so").
#
# Looks, in this order, at -DRETORT_TORCH_DIR=<folder with include/ and lib/>, CMAKE_PREFIX_PATH, $VIRTUAL_ENV,
# $CONDA_PREFIX, python3's torch, and .venv/ of this project. What cannot be used is passed over with the reason.
#
# `cmake -P cmake/FindLibTorch.cmake` prints the folder that would be chosen, or fails (scripts/setup asks this way).
cmake_minimum_required(VERSION 3.25)

if(CMAKE_SCRIPT_MODE_FILE)
  set(LibTorch_FIND_VERSION 2.11)
endif()
get_filename_component(_project_folder ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Where `prefix` may hold a torch folder: itself, site-packages or its parents, an unpacked libtorch, torch/share/cmake.
function(_libtorch_folders prefix result)
  file(GLOB in_python LIST_DIRECTORIES true "${prefix}/lib/python3*/site-packages/torch"
       "${prefix}/lib64/python3*/site-packages/torch")
  set(folders)
  foreach(folder ${in_python} "${prefix}/torch" "${prefix}/libtorch" "${prefix}" "${prefix}/../.." "${prefix}/../../..")
    get_filename_component(folder "${folder}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
    if(EXISTS "${folder}/include/torch" AND EXISTS "${folder}/lib/libtorch_cpu.so")
      list(APPEND folders "${folder}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES folders)
  set(${result} "${folders}" PARENT_SCOPE)
endfunction()

# Sets `version`, and `problem` to why the folder cannot be used ("" if it can).
function(_libtorch_examine folder version problem)
  set(found "")
  set(header "")
  foreach(file include/torch/headeronly/version.h include/torch/version.h)
    if(EXISTS "${folder}/${file}")
      file(STRINGS "${folder}/${file}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
      string(APPEND header "${lines};")
    endif()
  endforeach()
  if(header MATCHES "MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+)")
    set(found "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
  elseif(EXISTS "${folder}/version.py")
    file(STRINGS "${folder}/version.py" lines REGEX "^__version__ *=")
    if(lines MATCHES "([0-9]+\\.[0-9]+\\.[0-9]+)")
      set(found "${CMAKE_MATCH_1}")
    endif()
  endif()
  set(${version} "${found}" PARENT_SCOPE)

  get_filename_component(site_packages "${folder}" DIRECTORY)
  string(FIND "${folder}" "${_project_folder}/.venv/" in_own_venv)
  file(GLOB records "${site_packages}/torch-*.dist-info/RECORD")
  file(STRINGS "${folder}/lib/libc10.so" mangled REGEX "_ZN3c105Error.*__cxx11" LIMIT_COUNT 1)
  execute_process(COMMAND ldd "${folder}/lib/libtorch_cpu.so" OUTPUT_VARIABLE needs ERROR_VARIABLE needs
                  RESULT_VARIABLE ldd_result)
  set(why "")
  if(found STREQUAL "")
    set(why "its version cannot be read")
  elseif(found VERSION_LESS LibTorch_FIND_VERSION)
    set(why "version ${found} is older than ${LibTorch_FIND_VERSION}")
  elseif(in_own_venv EQUAL 0 AND NOT records)
    set(why "half installed")  # pip writes RECORD last
  elseif(NOT mangled)
    set(why "built with the old C++ ABI (_GLIBCXX_USE_CXX11_ABI=0), this project needs the new one")
  elseif(needs MATCHES "([^ \t\n]+) => not found")
    set(why "it needs ${CMAKE_MATCH_1}, which is not there")
  elseif(ldd_result MATCHES "^[0-9]+$" AND NOT ldd_result EQUAL 0)
    set(why "lib/libtorch_cpu.so cannot be loaded")
  endif()
  set(${problem} "${why}" PARENT_SCOPE)
endfunction()

# Sets `folder` and `version` to the first that can be used ("" if there is none).
function(_libtorch_find folder version)
  # The last choice stands before the environment: a second configure from another shell must not rebuild everything.
  set(prefixes "${RETORT_TORCH_DIR}" ${CMAKE_PREFIX_PATH} "${LibTorch_LAST_FOLDER}")
  foreach(variable CMAKE_PREFIX_PATH VIRTUAL_ENV CONDA_PREFIX)
    string(REPLACE ":" ";" from_environment "$ENV{${variable}}")
    list(APPEND prefixes ${from_environment})
  endforeach()
  # Located, not imported: `import torch` takes seconds and wants all of CUDA. From /, so that no folder named torch is
  # mistaken for the package.
  execute_process(COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                  WORKING_DIRECTORY / OUTPUT_VARIABLE in_python ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE python_result)
  if(python_result EQUAL 0)
    list(APPEND prefixes "${in_python}")
  endif()
  list(APPEND prefixes "${_project_folder}/.venv")

  set(seen)
  foreach(prefix ${prefixes})
    _libtorch_folders("${prefix}" candidates)
    foreach(candidate ${candidates})
      file(REAL_PATH "${candidate}" real)
      if(real IN_LIST seen)
        continue()
      endif()
      list(APPEND seen "${real}")
      _libtorch_examine("${candidate}" its_version problem)
      if(problem STREQUAL "")
        set(${folder} "${candidate}" PARENT_SCOPE)
        set(${version} "${its_version}" PARENT_SCOPE)
        return()
      endif()
      message(STATUS "LibTorch in ${candidate} passed over: ${problem}")
    endforeach()
  endforeach()
  set(${folder} "" PARENT_SCOPE)
  set(${version} "" PARENT_SCOPE)
endfunction()

_libtorch_find(_libtorch_folder LibTorch_VERSION)

if(CMAKE_SCRIPT_MODE_FILE)
  if(_libtorch_folder STREQUAL "")
    message(FATAL_ERROR "no LibTorch >= ${LibTorch_FIND_VERSION}")
  endif()
  message(STATUS "LibTorch ${LibTorch_VERSION} in ${_libtorch_folder}")
  return()
endif()

if(RETORT_TORCH_DIR AND NOT _libtorch_folder STREQUAL "")
  _libtorch_folders("${RETORT_TORCH_DIR}" _libtorch_asked_for)
  if(NOT _libtorch_folder IN_LIST _libtorch_asked_for)
    message(FATAL_ERROR "RETORT_TORCH_DIR=${RETORT_TORCH_DIR} holds no LibTorch that can be used: "
                        "it must be the folder that holds include/torch and lib/libtorch_cpu.so")
  endif()
endif()

if(_libtorch_folder STREQUAL "")
  set(LibTorch_FOUND FALSE)
  if(LibTorch_FIND_REQUIRED)
    message(FATAL_ERROR "no PyTorch >= ${LibTorch_FIND_VERSION} was found: `scripts/setup` gets it, "
                        "or give -DRETORT_TORCH_DIR=<folder with include/ and lib/>")
  endif()
  return()
endif()
set(LibTorch_FOUND TRUE)
set(LibTorch_LAST_FOLDER "${_libtorch_folder}" CACHE INTERNAL "the LibTorch of the last configure")
message(STATUS "LibTorch ${LibTorch_VERSION}: ${_libtorch_folder}")

if(NOT TARGET LibTorch::LibTorch)
  foreach(_library torch_cpu c10)
    add_library(LibTorch::${_library} SHARED IMPORTED)
    set_target_properties(LibTorch::${_library} PROPERTIES IMPORTED_LOCATION "${_libtorch_folder}/lib/lib${_library}.so")
  endforeach()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE "${_libtorch_folder}/include"
                             "${_libtorch_folder}/include/torch/csrc/api/include")
  target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::torch_cpu LibTorch::c10)
  # Operators register themselves when the library is loaded: the linker must not drop it for want of a called symbol.
  target_link_options(LibTorch::LibTorch INTERFACE LINKER:--no-as-needed)
  # at::parallel_for is inline, and serial in files that are compiled without OpenMP. Linked is the very library that
  # torch_cpu loads: a second one would bring threads of its own.
  execute_process(COMMAND ldd "${_libtorch_folder}/lib/libtorch_cpu.so" OUTPUT_VARIABLE _libtorch_needs ERROR_QUIET)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND _libtorch_needs MATCHES "lib[gi]?omp[^ \n]* => (/[^ \n]+)")
    target_compile_options(LibTorch::LibTorch INTERFACE -fopenmp)
    target_link_libraries(LibTorch::LibTorch INTERFACE "${CMAKE_MATCH_1}")
  else()
    message(WARNING "no OpenMP library was found beside LibTorch: what lies between matrix products runs on one thread")
  endif()
  # The CUDA libraries that torch_cpu itself needs; at run time it finds them by its own rpath.
  file(GLOB _libtorch_beside "${_libtorch_folder}/../nvidia/*/lib")
  foreach(_folder "${_libtorch_folder}/lib" ${_libtorch_beside})
    target_link_options(LibTorch::LibTorch INTERFACE "LINKER:-rpath-link,${_folder}")
  endforeach()
endif()
