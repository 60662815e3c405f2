# Warnings, hardening and sanitizers: one place, applied to every target of ours through `sallyport_flags`.
add_library(sallyport_flags INTERFACE)
target_compile_options(sallyport_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror
  -fno-strict-aliasing -fstack-protector-strong)
target_compile_definitions(sallyport_flags INTERFACE SALLYPORT_VERSION="${PROJECT_VERSION}")
target_include_directories(sallyport_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false -Wrestrict, -Wmaybe-uninitialized and -Warray-bounds inside libstdc++ at -O2.
  target_compile_options(sallyport_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow)
  if(SALLYPORT_SANITIZE MATCHES "thread")
    target_compile_options(sallyport_flags INTERFACE -Wno-tsan)
  endif()
endif()

if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(sallyport_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 cannot compile coroutines with the function sanitizer.
    target_compile_options(sallyport_flags INTERFACE -fno-sanitize=function)
  endif()
else()
  target_compile_options(sallyport_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
  target_link_options(sallyport_flags INTERFACE -Wl,-z,relro,-z,now)
  target_compile_definitions(sallyport_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()

find_program(SALLYPORT_MOLD mold)
if(SALLYPORT_MOLD AND NOT SALLYPORT_FUZZ)
  target_link_options(sallyport_flags INTERFACE -fuse-ld=mold)
endif()

find_program(SALLYPORT_CCACHE ccache)
if(SALLYPORT_CCACHE)
  # The precompiled headers need the first three; base_dir makes hits possible from any checkout.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${SALLYPORT_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()
