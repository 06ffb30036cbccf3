# Looks for sets of TensorRT's headers and compiles native/tensorrt/nvidia once against each that is there. Nothing is
# linked: the libraries are opened at run time, by their names. Headers are looked for in build/tensorrt-headers
# (scripts/fetch-tensorrt-headers), in TENSORRT_ROOT (a variable or in the environment; several by ;) and where the
# compiler looks.

set(TENSORRT_ROOT "$ENV{TENSORRT_ROOT}" CACHE STRING "Folders with TensorRT's headers, or with an include/ of them")
option(HORNET_TENSORRT "Compile against the sets of TensorRT's headers that are found" ON)

# Version in a folder's NvInferVersion.h as "10.16.0" or "rtx-1.7.1"; empty where there is none.
function(hornet_tensorrt_version folder result)
  set(${result} "" PARENT_SCOPE)
  if(NOT EXISTS "${folder}/NvInferVersion.h" OR NOT EXISTS "${folder}/NvOnnxParser.h")
    return()
  endif()
  file(STRINGS "${folder}/NvInferVersion.h" lines REGEX "define TRT_(MAJOR|MINOR|PATCH)_(ENTERPRISE|RTX) ")
  set(numbers "")
  foreach(part MAJOR MINOR PATCH)
    foreach(line IN LISTS lines)
      if(line MATCHES "TRT_${part}_[A-Z]+ +([0-9]+)")
        list(APPEND numbers "${CMAKE_MATCH_1}")
      endif()
    endforeach()
  endforeach()
  list(LENGTH numbers count)
  if(NOT count EQUAL 3)
    return()
  endif()
  list(JOIN numbers "." version)
  if(lines MATCHES "_RTX ")
    set(version "rtx-${version}")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# First folder whose headers are at least `minimum` and older than `below` (both with "rtx-" in front for RTX).
function(hornet_find_tensorrt_headers minimum below result)
  file(GLOB fetched "${CMAKE_CURRENT_SOURCE_DIR}/build/tensorrt-headers/*")
  set(folders ${fetched})
  foreach(root IN LISTS TENSORRT_ROOT)
    list(APPEND folders "${root}" "${root}/include")
  endforeach()
  list(APPEND folders ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES} /usr/local/cuda/include)
  if(CMAKE_LIBRARY_ARCHITECTURE)
    list(APPEND folders "/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}")
  endif()
  set(${result} "" PARENT_SCOPE)
  string(REGEX REPLACE "[0-9.]+$" "" flavour "${minimum}")
  string(REGEX REPLACE "^rtx-" "" minimum "${minimum}")
  foreach(folder IN LISTS folders)
    hornet_tensorrt_version("${folder}" version)
    if(version MATCHES "^${flavour}([0-9.]+)$" AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL minimum
        AND CMAKE_MATCH_1 VERSION_LESS below)
      set(${result} "${folder}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# After hornet_options, whose flags it takes back: this check compares the names of classes at run time, and NVIDIA's
# are renamed here.
add_library(hornet_renamed_classes INTERFACE)
if(HORNET_SANITIZE)
  target_compile_options(hornet_renamed_classes INTERFACE -fno-sanitize=vptr)
endif()

# Compiles a target against the headers in a folder, in namespaces named for the set (10, 11, rtx).
function(hornet_use_tensorrt_headers target set folder)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/native")
  # System: not held to our warnings. Our two types of CUDA's come first, so that no toolkit's header is needed.
  target_include_directories(${target} SYSTEM PRIVATE "${CMAKE_SOURCE_DIR}/native/tensorrt/cuda-types" "${folder}")
  target_link_libraries(${target} PRIVATE hornet_options hornet_renamed_classes)
  target_compile_definitions(${target} PRIVATE
    HORNET_TENSORRT_SET=${set} nvinfer1=hornet_nvinfer_${set} nvonnxparser=hornet_nvonnxparser_${set})
endfunction()

# Compiles native/tensorrt/nvidia against the headers in a folder.
function(hornet_add_tensorrt_objects target set folder)
  add_library(${target} OBJECT
    native/tensorrt/nvidia/build-network.cpp
    native/tensorrt/nvidia/callbacks.cpp
    native/tensorrt/nvidia/configure-build.cpp
    native/tensorrt/nvidia/describe-type.cpp
    native/tensorrt/nvidia/execution.cpp
    native/tensorrt/nvidia/header-set.cpp
    native/tensorrt/nvidia/loaded-engine.cpp
    native/tensorrt/nvidia/logger.cpp
    native/tensorrt/nvidia/parse-network.cpp
    native/tensorrt/nvidia/plan-reader.cpp
    native/tensorrt/nvidia/runtime-cache.cpp)
  # One translation unit: nearly all of the time goes into NVIDIA's headers.
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  hornet_use_tensorrt_headers(${target} ${set} "${folder}")
  message(STATUS "TensorRT headers of set ${set}: ${folder}")
endfunction()

add_library(hornet_tensorrt STATIC
  native/tensorrt/batch-runner.cpp
  native/tensorrt/build-engine.cpp
  native/tensorrt/engine-instance.cpp
  native/tensorrt/engine-slot.cpp
  native/tensorrt/find-libraries.cpp
  native/tensorrt/following-hash.cpp
  native/tensorrt/half-float.cpp
  native/tensorrt/header-sets.cpp
  native/tensorrt/library.cpp
  native/tensorrt/load-engine.cpp
  native/tensorrt/plan-file.cpp
  native/tensorrt/plan-stream.cpp
  native/tensorrt/remembered-libraries.cpp
  native/tensorrt/sha256-x86.cpp
  native/tensorrt/sha256.cpp
  native/tensorrt/stored-plan.cpp
  native/tensorrt/timing-cache-file.cpp
  native/tensorrt/usable-driver.cpp)
target_link_libraries(hornet_tensorrt PUBLIC hornet_cuda hornet_options)

if(HORNET_TENSORRT)
  foreach(wanted "10 10.16 11" "11 11.1 12" "rtx rtx-1.7 2")
    separate_arguments(wanted)
    list(GET wanted 0 set)
    list(GET wanted 1 minimum)
    list(GET wanted 2 below)
    hornet_find_tensorrt_headers("${minimum}" "${below}" folder)
    set(HORNET_TENSORRT_FOLDER_${set} "${folder}")
    if(folder)
      hornet_add_tensorrt_objects(hornet_tensorrt_${set} ${set} "${folder}")
      target_sources(hornet_tensorrt PRIVATE $<TARGET_OBJECTS:hornet_tensorrt_${set}>)
      string(TOUPPER "${set}" upper)
      target_compile_definitions(hornet_tensorrt PRIVATE HORNET_TENSORRT_${upper})
    else()
      message(STATUS "TensorRT headers of set ${set} (${minimum} or newer) are not there: left out")
    endif()
  endforeach()
  # Compiled to prove that newer headers still fit the code; never linked, for a library must be at least as new as
  # the headers that it is driven by.
  hornet_find_tensorrt_headers(11.4 12 folder)
  if(folder AND NOT folder STREQUAL HORNET_TENSORRT_FOLDER_11)
    hornet_add_tensorrt_objects(hornet_tensorrt_newest 11_newest "${folder}")
    # Its machine code does not matter, nor does what sanitizers would put into it.
    target_compile_options(hornet_tensorrt_newest PRIVATE -O0)
    set_target_properties(hornet_tensorrt_newest PROPERTIES EXCLUDE_FROM_ALL ${HORNET_SANITIZE})
  endif()
endif()
