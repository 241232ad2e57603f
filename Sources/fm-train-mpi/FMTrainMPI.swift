// fm-train-mpi: fm-train in several processes, on one or more machines, started and connected by MPI.

import ByteIO
import CMPI
import CommandLine
import TrainCommand

struct FMTrainMPI: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-train-mpi", abstract: "Train a classifier on several machines that share each batch.",
    usage: "--arch <spec>|--from <model> -o <model> [<options>] <stream>",
    discussion: """
      fm-train-mpi is fm-train in as many processes as mpirun starts. Each process computes some of the images of each \
      batch, and all take the same step. The model is byte for byte the one that fm-train writes, whatever the number of \
      processes, if all use the same kernels.

      Each process reads the files itself, so every machine needs them under the same names. With --memory, a process \
      trains without reading the images that others compute. The process of rank 0 reports the progress, and writes the \
      model, the log and checkpoints. --resume works with any number of processes. Without mpirun, there is one.

      --jobs sets the threads of each process; by default, one for each processor that it may use. At most 16 processes \
      share a batch, or 4 if the network has many weights. Larger batches give each more to do.

      If a process fails or is killed, the run ends with status 74. Checkpoints stay intact.
      """,
    examples: [
      "mpirun -n 2 fm-train-mpi --jobs 1 --arch cnn -o cnn.safetensors train.raw",
      "mpirun --hostfile hosts fm-train-mpi --arch vgg --memory 500M -o v.st train.raw",
    ])

  static var conductOptions: [String: Bool] { FMTrain.conductOptions }

  @OptionGroup var train: FMTrain

  func validate() throws {
    if let option = train.optionOfOneProcess {
      throw ValidationError("\(option) is for one process: use fm-train")
    }
  }

  var impliedFiles: [NamedFile] { train.impliedFiles }

  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    train.mayReplace(input, by: output)
  }

  func run() throws {
    let peers = MPIPeers()
    defer { peers.finish() }
    try train.run(with: peers)
  }
}

@main enum Main {
  static func main() {
    cmpi_watch(
      "fm-train-mpi", "use --resume to continue from its --checkpoint", ToolStatus.inputOutput.rawValue)
    // All processes would print the same message about the command line; only the first does.
    if cmpi_launched_rank() > 0 { Silence.set(true) }
    FMTrainMPI.main()
  }
}
