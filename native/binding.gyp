{
  # One static library for each instruction set, since each has flags of its own; the addon picks one when it runs.
  "target_defaults": {
    "cflags_cc": ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-fno-exceptions", "-fno-rtti",
                  "-fvisibility=hidden"],
    "xcode_settings": {"CLANG_CXX_LANGUAGE_STANDARD": "c++20", "GCC_OPTIMIZATION_LEVEL": "3"},
  },
  "targets": [
    {
      "target_name": "qsdm_native",
      "sources": ["napi/addon.cpp", "napi/cuda.cpp", "napi/cuda_signatures.cpp",
                  "napi/cuda_verifier.cpp", "napi/field.cpp", "napi/forms.cpp", "napi/hash_job.cpp",
                  "napi/kem.cpp", "napi/library.cpp", "napi/mapping.cpp", "napi/pedersen.cpp", "napi/pool.cpp", "napi/search_job.cpp",
                  "napi/signatures.cpp", "napi/signer.cpp", "napi/values.cpp", "napi/verify_job.cpp",
                  "cpu/abi.cpp", "cpu/field.cpp", "cpu/kem.cpp", "cpu/kem_scalar.cpp", "cpu/mapping.cpp", "cpu/pedersen.cpp",
                  "cpu/path_scalar.cpp", "cpu/secret_memory.cpp", "cpu/signatures.cpp", "cpu/signatures_scalar.cpp",
                  "cpu/workers.cpp", "cpu/ml_dsa/key_cache.cpp"],
      # It handles a signal, so it has to stay when the last JavaScript thread that loaded it ends.
      "ldflags": ["-Wl,-z,nodelete"],
      "conditions": [["target_arch=='x64'", {"dependencies": ["qsdm_avx2", "qsdm_avx512"]}]],
    },
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "qsdm_avx2",
          "type": "static_library",
          "sources": ["cpu/gf256_avx2.cpp", "cpu/kem_avx2.cpp", "cpu/path_avx2.cpp", "cpu/signatures_avx2.cpp"],
          "cflags_cc": ["-mavx2", "-mbmi", "-mbmi2", "-mf16c"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mbmi", "-mbmi2", "-mf16c"]},
        },
        {
          "target_name": "qsdm_avx512",
          "type": "static_library",
          "sources": ["cpu/gf256_avx512.cpp", "cpu/kem_avx512.cpp", "cpu/path_avx512.cpp", "cpu/signatures_avx512.cpp"],
          # GCC 12 takes the undefined operands of its own AVX-512 header for mistakes.
          "cflags_cc": ["-mavx2", "-mbmi", "-mbmi2", "-mf16c", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq",
                        "-mavx512vl", "-Wno-uninitialized", "-Wno-maybe-uninitialized"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mbmi", "-mbmi2", "-mf16c", "-mfma", "-mavx512f",
                                                      "-mavx512bw", "-mavx512dq", "-mavx512vl"]},
        },
      ],
    }],
  ],
}
