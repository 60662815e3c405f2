# A room is a folder under src/ and one static library. Beside its sources stand
#   *_test.cc   -> one executable <room>_test, one ctest entry
#   *_fuzz.cc   -> one libFuzzer executable each (preset fuzz); a corpus may lie in tests/corpus/<name>/
#   *_bench.cc  -> one Google Benchmark executable <room>_bench
#
#   sallyport_room(http USES base LINKS z zstd)
#
# USES names rooms on lower floors, LINKS libraries from outside, TEST_LINKS what only its tests need.
function(sallyport_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS;TEST_LINKS" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cc$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")

  set(rooms)
  foreach(used ${ROOM_USES})
    list(APPEND rooms sallyport_${used})
  endforeach()

  if(sources)
    add_library(sallyport_${name} STATIC ${sources})
    target_link_libraries(sallyport_${name} PUBLIC sallyport_flags ${rooms} ${ROOM_LINKS})
    target_precompile_headers(sallyport_${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/common_pch.h)
    set(self sallyport_${name})
  else()
    add_library(sallyport_${name} INTERFACE)
    target_link_libraries(sallyport_${name} INTERFACE sallyport_flags ${rooms} ${ROOM_LINKS})
    set(self sallyport_${name})
  endif()

  if(SALLYPORT_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${self} ${ROOM_TEST_LINKS} GTest::gmock GTest::gtest GTest::gtest_main)
    target_precompile_headers(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.h)
    target_compile_definitions(${name}_test PRIVATE SALLYPORT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()

  if(SALLYPORT_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ${self} ${ROOM_TEST_LINKS})
      target_compile_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY SALLYPORT_FUZZERS ${fuzzer})
    endforeach()
  endif()

  if(SALLYPORT_BENCH AND benches)
    find_package(benchmark REQUIRED)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${self} ${ROOM_TEST_LINKS} benchmark::benchmark benchmark::benchmark_main)
  endif()
endfunction()
