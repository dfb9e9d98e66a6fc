import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';

/** A package of the Python registry that holds an execution provider for one platform. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** The platform tag of the file, which also names the oldest glibc that it loads with. */
  readonly tag: string;
  /** Of the file, in hexadecimal digits. */
  readonly sha256: string;
  /** For wheels of one version of Python only; nothing of Python is taken. */
  readonly python?: string;
}

/** A component that brings one execution provider, made from wheels. */
export interface AcceleratorSource {
  readonly component: string;
  /** Beginning of the names of its zips. */
  readonly zip: string;
  readonly provider: 'webgpu' | 'openvino' | 'qnn' | 'cuda';
  /** Name that ONNX Runtime knows the provider by. */
  readonly executionProvider: string;
  /** File of the plug-in. */
  readonly library: string;
  /** Files of the wheel that a device needs. */
  readonly files: RegExp;
  /** Whether the plug-in only works with the build of ONNX Runtime that is in the same wheel; default: no. */
  readonly bringsRuntime?: boolean;
  /** Libraries that the device itself must have: the agent looks for them before it loads the plug-in. */
  readonly needs?: readonly string[];
  /** Libraries of a driver that single files need: the plug-in loads without them, and then finds less. Default: none. */
  readonly driverLibraries?: readonly string[];
  /** SPDX expression over all that is in it. */
  readonly license: string;
  readonly wheels: Partial<Readonly<Record<RuntimePlatform, Wheel>>>;
}

export const ACCELERATOR_SOURCES: readonly AcceleratorSource[] = [
  {
    component: 'edgeml.accelerator.WebGPU',
    zip: 'edgeml-webgpu',
    provider: 'webgpu',
    executionProvider: 'WebGpuExecutionProvider',
    library: 'libonnxruntime_providers_webgpu.so',
    files: /\.so$/,
    license: 'MIT',
    wheels: {
      'linux-x64': {
        name: 'onnxruntime-ep-webgpu',
        version: '0.4.0',
        tag: 'manylinux_2_28_x86_64',
        sha256: '5d8c961eda91a88961cad1fb7621f389f006b18497d6ea9ecf96f729f066cbfb',
      },
      'linux-arm64': {
        name: 'onnxruntime-ep-webgpu',
        version: '0.4.0',
        tag: 'manylinux_2_28_aarch64',
        sha256: '17f660db53b1a509c63e721ac6784a2daa1c4e91a968523ee9986505ee5b0a55',
      },
    },
  },
  {
    component: 'edgeml.accelerator.OpenVINO',
    zip: 'edgeml-openvino',
    provider: 'openvino',
    executionProvider: 'OpenVINOExecutionProvider',
    library: 'libonnxruntime_providers_openvino_plugin.so',
    // The plug-in is in the wheel under three names.
    files: /(?<!_plugin\.so\.1(\.8\.1)?)$(?<=\.so(\.\d+)*|cache\.json)/,
    driverLibraries: ['libOpenCL.so.1'],
    license: 'MIT AND Apache-2.0',
    wheels: {
      'linux-x64': {
        name: 'onnxruntime-ep-openvino',
        version: '1.8.1',
        tag: 'manylinux_2_28_x86_64',
        sha256: '3832643158c8c187fcab6db661cde2a8c06a2b3559d95d0f2411ac0e51c5e924',
      },
    },
  },
  {
    component: 'edgeml.accelerator.Cuda',
    zip: 'edgeml-cuda',
    provider: 'cuda',
    executionProvider: 'CUDAExecutionProvider',
    library: 'libonnxruntime_providers_cuda.so',
    // Without the Python module and TensorRT's provider.
    files: /^libonnxruntime(\.so\.[\d.]+|_providers_(cuda|shared)\.so)$/,
    bringsRuntime: true,
    needs: [
      'libcuda.so.1',
      'libcudart.so.13',
      'libcublas.so.13',
      'libcublasLt.so.13',
      'libcurand.so.10',
      // Not linked, but loaded at the first convolution.
      'libcudnn.so.9',
    ],
    license: 'MIT',
    wheels: {
      'linux-x64': {
        name: 'onnxruntime-gpu',
        version: '1.30.0',
        tag: 'manylinux_2_28_x86_64',
        sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
        python: '3.12',
      },
      // The first version for this platform is 1.31.
      'linux-arm64': {
        name: 'onnxruntime-gpu',
        version: '1.31.1',
        tag: 'manylinux_2_34_aarch64',
        sha256: 'a0f1725c5a6d1ef82d63498b5ebc25e2c90c9560e91dc76db9be4a49162d4d33',
        python: '3.12',
      },
    },
  },
  {
    component: 'edgeml.accelerator.Qnn',
    zip: 'edgeml-qnn',
    provider: 'qnn',
    executionProvider: 'QNNExecutionProvider',
    library: 'libonnxruntime_providers_qnn.so',
    // Without what converts models and runs language models. The terms of Qualcomm's libraries go with them.
    files:
      /lib(onnxruntime_providers_qnn|QnnGpu|QnnSystem|QnnHtp(Prepare|V\d+(Skel|Stub))?)\.so$|Qualcomm_LICENSE\.pdf$/,
    needs: ['libatomic.so.1'],
    driverLibraries: ['libcdsprpc.so'],
    license: 'MIT AND LicenseRef-Qualcomm',
    wheels: {
      'linux-arm64': {
        name: 'onnxruntime-qnn',
        version: '2.7.0',
        tag: 'manylinux_2_34_aarch64',
        sha256: '40f6f8ab76a877b36c875122caf46189f810e52a1e7c2f75e431dfb7714168b8',
        python: '3.12',
      },
    },
  },
];
