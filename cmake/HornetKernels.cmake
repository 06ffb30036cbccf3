# Adds native/image/resample-kernels.cpp to hornet_image, compiled into the given namespace with the given flags.
function(hornet_add_kernels namespace)
  add_library(hornet_kernels_${namespace} OBJECT native/image/resample-kernels.cpp)
  target_include_directories(hornet_kernels_${namespace} PRIVATE native)
  target_link_libraries(hornet_kernels_${namespace} PRIVATE hornet_options)
  target_compile_options(hornet_kernels_${namespace} PRIVATE ${ARGN})
  target_compile_definitions(hornet_kernels_${namespace} PRIVATE
    HORNET_KERNELS=${namespace} $<$<STREQUAL:${namespace},avx2>:HORNET_AVX2_KERNELS>)
  target_sources(hornet_image PRIVATE $<TARGET_OBJECTS:hornet_kernels_${namespace}>)
endfunction()
