/** components/inference-agent/edge-manager/agent.proto, parsed by `npm run generate`. */
export const AGENT_PROTO = {
  nested: {
    AWS: {
      nested: {
        SageMaker: {
          nested: {
            Edge: {
              nested: {
                DataType: { values: { UINT8: 0, INT16: 1, INT32: 2, INT64: 3, FLOAT16: 4, FLOAT32: 5, FLOAT64: 6 } },
                Encoding: { values: { CSV: 0, JSON: 1, NONE: 2, BASE64: 3 } },
                CaptureDataStatus: { values: { FAILURE: 0, SUCCESS: 1, IN_PROGRESS: 2, NOT_FOUND: 3 } },
                Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
                TensorMetadata: {
                  fields: {
                    name: { type: 'bytes', id: 1 },
                    data_type: { type: 'DataType', id: 2 },
                    shape: { rule: 'repeated', type: 'int32', id: 3 },
                  },
                },
                SharedMemoryHandle: {
                  fields: {
                    size: { type: 'uint64', id: 1 },
                    offset: { type: 'uint64', id: 2 },
                    segment_id: { type: 'uint64', id: 3 },
                  },
                },
                Tensor: {
                  oneofs: { data: { oneof: ['byte_data', 'shared_memory_handle'] } },
                  fields: {
                    tensor_metadata: { type: 'TensorMetadata', id: 1 },
                    byte_data: { type: 'bytes', id: 4 },
                    shared_memory_handle: { type: 'SharedMemoryHandle', id: 5 },
                  },
                },
                Model: {
                  fields: {
                    url: { type: 'string', id: 1 },
                    name: { type: 'string', id: 2 },
                    input_tensor_metadatas: { rule: 'repeated', type: 'TensorMetadata', id: 3 },
                    output_tensor_metadatas: { rule: 'repeated', type: 'TensorMetadata', id: 4 },
                    handle: { type: 'string', id: 5 },
                  },
                },
                PredictRequest: {
                  fields: {
                    name: { type: 'string', id: 1 },
                    tensors: { rule: 'repeated', type: 'Tensor', id: 2 },
                    handle: { type: 'string', id: 3 },
                  },
                },
                PredictResponse: { fields: { tensors: { rule: 'repeated', type: 'Tensor', id: 1 } } },
                LoadModelRequest: {
                  fields: {
                    url: { type: 'string', id: 1 },
                    name: { type: 'string', id: 2 },
                    handle: { type: 'string', id: 3 },
                  },
                },
                LoadModelResponse: { fields: { model: { type: 'Model', id: 1 } } },
                UnLoadModelRequest: { fields: { name: { type: 'string', id: 1 }, handle: { type: 'string', id: 2 } } },
                UnLoadModelResponse: { fields: {} },
                ListModelsRequest: { fields: {} },
                ListModelsResponse: { fields: { models: { rule: 'repeated', type: 'Model', id: 1 } } },
                DescribeModelRequest: {
                  fields: { name: { type: 'string', id: 1 }, handle: { type: 'string', id: 2 } },
                },
                DescribeModelResponse: { fields: { model: { type: 'Model', id: 1 } } },
                AuxiliaryData: {
                  oneofs: { data: { oneof: ['byte_data', 'shared_memory_handle'] } },
                  fields: {
                    name: { type: 'string', id: 1 },
                    encoding: { type: 'Encoding', id: 2 },
                    byte_data: { type: 'bytes', id: 3 },
                    shared_memory_handle: { type: 'SharedMemoryHandle', id: 4 },
                  },
                },
                CaptureDataRequest: {
                  fields: {
                    model_name: { type: 'string', id: 1 },
                    capture_id: { type: 'string', id: 2 },
                    inference_timestamp: { type: 'Timestamp', id: 3 },
                    input_tensors: { rule: 'repeated', type: 'Tensor', id: 4 },
                    output_tensors: { rule: 'repeated', type: 'Tensor', id: 5 },
                    inputs: { rule: 'repeated', type: 'AuxiliaryData', id: 6 },
                    outputs: { rule: 'repeated', type: 'AuxiliaryData', id: 7 },
                    model_handle: { type: 'string', id: 8 },
                  },
                },
                CaptureDataResponse: { fields: {} },
                GetCaptureDataStatusRequest: { fields: { capture_id: { type: 'string', id: 1 } } },
                GetCaptureDataStatusResponse: { fields: { status: { type: 'CaptureDataStatus', id: 1 } } },
                Agent: {
                  methods: {
                    Predict: { requestType: 'PredictRequest', responseType: 'PredictResponse' },
                    LoadModel: { requestType: 'LoadModelRequest', responseType: 'LoadModelResponse' },
                    UnLoadModel: { requestType: 'UnLoadModelRequest', responseType: 'UnLoadModelResponse' },
                    ListModels: { requestType: 'ListModelsRequest', responseType: 'ListModelsResponse' },
                    DescribeModel: { requestType: 'DescribeModelRequest', responseType: 'DescribeModelResponse' },
                    CaptureData: { requestType: 'CaptureDataRequest', responseType: 'CaptureDataResponse' },
                    GetCaptureDataStatus: {
                      requestType: 'GetCaptureDataStatusRequest',
                      responseType: 'GetCaptureDataStatusResponse',
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};
