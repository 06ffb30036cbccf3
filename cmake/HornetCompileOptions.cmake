# Flags that all of Hornet's own targets share: an interface target, so that vendor headers (SYSTEM) are not
# held to our warnings.

add_library(hornet_options INTERFACE)
target_compile_features(hornet_options INTERFACE cxx_std_17)
# Fused multiply-add rounds once where two operations round twice, which would change weights on arm64.
target_compile_options(hornet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -ffp-contract=off)

if(HORNET_WERROR)
  target_compile_options(hornet_options INTERFACE -Werror)
endif()

if(HORNET_SANITIZE)
  # The sanitizer for threads cannot be combined with that for addresses.
  if(HORNET_SANITIZE STREQUAL "thread")
    set(hornet_sanitizers thread)
  else()
    set(hornet_sanitizers address,undefined)
  endif()
  target_compile_options(hornet_options INTERFACE
    -fsanitize=${hornet_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hornet_options INTERFACE -fsanitize=${hornet_sanitizers})
endif()

if(HORNET_FUZZERS)
  target_compile_options(hornet_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hornet_options INTERFACE -fsanitize=address,undefined)
endif()
