import ByteIO
import Networks

/// The reasons why fm-tools cannot use a file as a model. ModelFileErrorTexts.swift has the messages.
public enum ModelFileError: Failure, Equatable {
  /// The first bytes say that the file is something else.
  case notAModel(file: String, FileKind)
  /// The first bytes say that the file is not a checkpoint.
  case notACheckpoint(file: String, FileKind)
  /// The container is broken.
  case safetensors(file: String, SafetensorsProblem)
  /// A file of PyTorch is broken, or has contents that are not supported.
  case pytorch(file: String, PyTorchProblem)
  /// The container is intact, but its content is not a valid model.
  case content(file: String, ModelProblem)
}

/// The problems of a safetensors file. Offsets count from the beginning of the header's text or of the data, as in the
/// format, unless a case says that they are offsets in the file.
public enum SafetensorsProblem: Error, Equatable, Sendable {
  case endsInHeaderLength(byteCount: Int)
  case headerTooLong(UInt64)
  case endsInHeader(expected: Int, found: Int)
  case headerIsNoObject
  case headerIsNotJSON(offset: Int, problem: String)
  case metadataIsNoObject
  case metadataIsNoString(key: String)
  case tensorIsNoObject(tensor: String)
  case unknownKey(tensor: String, key: String)
  case missingKey(tensor: String, key: String)
  case typeIsNoString(tensor: String)
  case unknownType(tensor: String, type: String)
  case malformedShape(tensor: String)
  case malformedOffsets(tensor: String)
  case reversedOffsets(tensor: String, begin: Int, end: Int)
  case sizeOverflow(tensor: String, shape: [Int])
  case wrongByteCount(tensor: String, shape: [Int], type: SafetensorsElementType, expected: Int, found: Int)
  case overlap(tensor: String, begin: Int, expected: Int)
  case hole(tensor: String, begin: Int, expected: Int)
  case dataTooLong(Int)
  case unsupportedType(tensor: String, type: SafetensorsElementType)
  /// Both are offsets in the file.
  case endsInData(tensor: String, expected: Int, found: Int)
  /// The offset is in the file.
  case bytesBehindData(offset: Int)
}

/// The problems of a model in an intact container.
public enum ModelProblem: Error, Equatable, Sendable {
  /// The metadata has no fm-tools format version.
  case foreign
  case unknownVersion(String)
  case missingMetadata(key: String)
  case malformedMetadata(key: String, expected: String, found: String)
  case badArchitecture(ArchitectureError)
  case pixelScaling(String)
  case classNameCount(found: Int, expected: Int)
  case tensorMismatch(TensorMismatch)
  /// The layers that the user gave are not the model's.
  case otherLayers(found: String, wanted: String)
  /// The layers that the user gave do not form a network.
  case wantedArchitecture(ArchitectureError)
  case notFinite(tensor: String, index: Int, value: Float)
  case negativeVariance(tensor: String, index: Int, value: Float)
  /// A step count is not a whole number, or is negative.
  case noCount(tensor: String, value: Float)
  /// A finite value is out of the range of the type to write.
  case outOfRange(tensor: String, index: Int, value: Float, type: SafetensorsElementType)
  /// More tensors than we read from a `.pth` file.
  case tooManyTensors(Int, limit: Int)
  /// A model that is not a checkpoint, so that no run can resume from it.
  case noCheckpoint
  case unknownCheckpointVersion(Int)
  /// The checksums of checkpoints and of weights, eight hexadecimal digits each.
  case wrongChecksum(expected: String, found: String)
  case wrongWeightChecksum(expected: String, found: String)
  /// Tensors are to be matched by order, but no layers are given.
  case orderOfUnknownLayers
  case orderMismatch(OrderMismatch)
  /// Tensors of another program that match no preset, and no layers are given. Carries the nearest preset and the
  /// differences from it.
  case noPreset(nearest: String, TensorMismatch)

  /// The first position where tensors that are matched by order do not fit.
  public struct OrderMismatch: Error, Equatable, Sendable {
    /// The position from 1, without counting step counts.
    public var position: Int
    /// The parameter and the tensor at this position; `nil` after the last.
    public var expected: ParameterDescription?
    public var found: ParameterDescription?
  }

  /// The differences between the tensors of a file and the parameters of an architecture.
  public struct TensorMismatch: Error, Equatable, Sendable {
    public var architecture: String
    public var missing: [ParameterDescription] = []
    public var misshapen: [Misshapen] = []
    public var unexpected: [ParameterDescription] = []

    /// A tensor with the right name but the wrong shape.
    public struct Misshapen: Equatable, Sendable {
      public let expected: ParameterDescription
      public let found: [Int]
    }
  }
}
