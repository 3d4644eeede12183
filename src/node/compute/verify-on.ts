/** Where a node verifies large batches of signatures: the processor's threads alone, every CUDA device beside them, or one. */
export const VERIFY_ON = /^(cpu|cuda(:(0|[1-9]\d{0,2}))?)$/;
