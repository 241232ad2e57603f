import ByteIO
import Networks

/// Why a file is no model that fm-tools can use. The texts are in ModelFileErrorTexts.swift.
public enum ModelFileError: Failure, Equatable {
  /// The first bytes say that the file is something else.
  case notAModel(file: String, FileKind)
  /// The first bytes say that the file is something else than a run can go on from.
  case notACheckpoint(file: String, FileKind)
  /// The container is broken.
  case safetensors(file: String, SafetensorsProblem)
  /// A file of PyTorch is broken, or is not what is read of such files.
  case pytorch(file: String, PyTorchProblem)
  /// The container is sound, its content is no model of ours.
  case content(file: String, ModelProblem)
}

/// What is wrong with a safetensors file. Offsets count from the beginning of the header's text or of the data, as the
/// format counts them, unless a case says that they are the file's.
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
  /// The offset is the file's.
  case bytesBehindData(offset: Int)
}

/// What is wrong with a model whose container is sound.
public enum ModelProblem: Error, Equatable, Sendable {
  /// The metadata has no format version of ours.
  case foreign
  case unknownVersion(String)
  case missingMetadata(key: String)
  case malformedMetadata(key: String, expected: String, found: String)
  case badArchitecture(ArchitectureError)
  case pixelScaling(String)
  case classNameCount(found: Int, expected: Int)
  case tensorMismatch(TensorMismatch)
  /// The layers that the user wants are not the model's.
  case otherLayers(found: String, wanted: String)
  /// The layers that the user wants make no network.
  case wantedArchitecture(ArchitectureError)
  case notFinite(tensor: String, index: Int, value: Float)
  case negativeVariance(tensor: String, index: Int, value: Float)
  /// What counts steps holds no number of them.
  case noCount(tensor: String, value: Float)
  /// A finite value that the type to be written does not hold.
  case outOfRange(tensor: String, index: Int, value: Float, type: SafetensorsElementType)
  /// More than a `.pth` file can have for us to read it again.
  case tooManyTensors(Int, limit: Int)
  /// A model from which no run can go on.
  case noCheckpoint
  case unknownCheckpointVersion(Int)
  /// Eight hexadecimal digits each.
  case wrongChecksum(expected: String, found: String)
  case wrongWeightChecksum(expected: String, found: String)
  /// Tensors are to be taken in their order, without the layers that they belong to.
  case orderOfUnknownLayers
  case orderMismatch(OrderMismatch)
  /// Tensors of another program, without the layers that they belong to. Carries the nearest preset and how it differs.
  case noPreset(nearest: String, TensorMismatch)

  /// The first place where tensors that are taken in their order do not fit.
  public struct OrderMismatch: Error, Equatable, Sendable {
    /// From 1, counts of steps left out.
    public var position: Int
    /// `nil` behind the last.
    public var expected: ParameterDescription?
    public var found: ParameterDescription?
  }

  /// How the tensors that are there differ from those that the architecture has.
  public struct TensorMismatch: Error, Equatable, Sendable {
    public var architecture: String
    public var missing: [ParameterDescription] = []
    public var misshapen: [Misshapen] = []
    public var unexpected: [ParameterDescription] = []

    /// A tensor of the right name and the wrong shape.
    public struct Misshapen: Equatable, Sendable {
      public let expected: ParameterDescription
      public let found: [Int]
    }
  }
}
